{# https://docs.netlify.com/build/edge-functions/api/ #}
// Written by `feeds edge netlify`. It holds no secret: those are variables of the site at Netlify, set there in the UI
// or by `netlify env:set`, as variables of netlify.toml don't reach a function.
export const config = { path: "/*", onError: "fail" };

export default (request, context) =>
  gate(
    request,
    context.ip,
    (name) => Netlify.env.get(name),
    (wanted) => context.next(wanted, { sendConditionalRequest: true })
  );

{% include "edge/settings.js" %}
