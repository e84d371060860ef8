"""Files from addresses that people or strangers wrote: fetched within limits, and from public hosts alone."""
