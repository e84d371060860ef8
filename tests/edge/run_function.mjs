// Run what `feeds edge netlify` or `cloudflare` has written, as the host would: asked on stdin, answered on stdout.
// Stand-ins for the host are what it gives a function: its variables, the reader's address, and the files.
import { webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";

globalThis.crypto ??= webcrypto; // Debian 12 has Node.js 18, where it has to be asked for

const [platform, file, root] = process.argv.slice(2);
const { environ, requests } = JSON.parse(readFileSync(0, "utf8"));
const asked = [];

function asset(request) {
  const path = decodeURIComponent(new URL(request.url).pathname);
  asked.push([request.method, path]);
  let body;
  try {
    body = readFileSync(root + path);
  } catch {
    return new Response("a page of the host's own", { status: 404, headers: { "Content-Type": "text/html" } });
  }
  const tag = `"${body.length}-of-the-host"`;
  // A host knows its own tags again in forms that a function doesn't.
  if ([tag, tag.replace(/"$/, '-packed"')].includes(request.headers.get("If-None-Match")))
    return new Response(null, { status: 304, headers: { ETag: tag } });
  const headers = { ETag: tag, "Content-Type": "text/xml", "Cache-Control": "public, max-age=31536000", "X-Host": "1" };
  return new Response(request.method === "HEAD" ? null : body, { headers });
}

globalThis.Netlify = { env: { get: (name) => environ[name] } };
const module = await import(file);
const answers = [];
for (const { path, method, headers, address } of requests) {
  const request = new Request(`https://feeds.nord.example${path}`, { method, headers });
  let answer;
  if (platform === "netlify") {
    // Conditions are passed on where that is asked for: https://docs.netlify.com/build/edge-functions/api/
    const next = async (wanted, { sendConditionalRequest } = {}) =>
      asset(sendConditionalRequest ? wanted : new Request(wanted.url, { method: wanted.method }));
    answer = await module.default(request, { ip: address, next });
  } else {
    request.headers.set("CF-Connecting-IP", address);
    answer = await module.default.fetch(request, { ...environ, ASSETS: { fetch: async (wanted) => asset(wanted) } });
  }
  const body = Buffer.from(await answer.arrayBuffer()).toString("base64");
  answers.push({ status: answer.status, headers: Object.fromEntries(answer.headers), body });
}
console.log(JSON.stringify({ answers, asked, config: module.config }));
