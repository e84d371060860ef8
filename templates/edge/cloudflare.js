{# https://developers.cloudflare.com/workers/static-assets/routing/worker-script/ #}
// Written by `feeds edge cloudflare`. It holds no secret: those are secrets of the Worker, set by `wrangler secret put`.
export default {
  fetch: (request, env) =>
    gate(
      request,
      request.headers.get("CF-Connecting-IP"),
      (name) => env[name],
      (wanted) => env.ASSETS.fetch(wanted)
    ),
};

{% include "edge/settings.js" %}
