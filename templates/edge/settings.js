const BASE = "{{ site.address.path }}";
const DOCUMENT = new RegExp("^(?:{{ documents }})$");
const TYPES = { {%- for ending, type in types.items() %} {{ ending }}: "{{ type }}{% if ending != "json" %}; charset=utf-8{% endif %}",{% endfor %} };
const SECRET_PATH = {{ "true" if site.has_secrets else "false" }};
const BASIC_AUTH = {{ "true" if site.has_logins else "false" }};
const ADDRESSES = {{ "true" if site.has_ranges else "false" }};
const RANGES = [{% for range in site.ranges %}"{{ range }}"{% if not loop.last %}, {% endif %}{% endfor %}];
const CACHE = "{{ site.cache }}";
const REALM = "{{ realm }}";
const SHORT = {{ short }};

{% include "edge/gate.js" %}
