// A setting is missing that closes the site: then nobody gets in.
class Closed extends Error {}

const HEADERS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "Strict-Transport-Security": "max-age=31536000",
  "X-Content-Type-Options": "nosniff",
  "X-Robots-Tag": "noindex",
};

// `setting` returns a variable of the platform, `asset` one of the files, without anything in between.
async function gate(request, address, setting, asset) {
  try {
    return await answer(request, address, setting, asset);
  } catch (error) {
    if (!(error instanceof Closed)) throw error; // both platforms answer 500
    console.error(error.message);
    return refuse(503, {});
  }
}

async function answer(request, address, setting, asset) {
  const secrets = SECRET_PATH ? secretsOf(setting("FEEDS_SITE_PATH")) : [""];
  const document = documentAt(new URL(request.url).pathname, secrets);
  if (document === null) return refuse(404, {});
  if (request.method !== "GET" && request.method !== "HEAD") return refuse(405, { Allow: "GET, HEAD" });
  if (ADDRESSES && !RANGES.some((range) => isWithin(address, range))) return refuse(403, {});
  if (BASIC_AUTH && !(await isLogin(request.headers.get("Authorization"), usersOf(setting("FEEDS_SITE_USERS")))))
    return refuse(401, { "WWW-Authenticate": `Basic realm="${REALM}"` });
  return serve(request, document, asset);
}

async function serve(request, document, asset) {
  const known = request.headers.get("If-None-Match");
  const url = new URL(`/${document}`, request.url);
  const found = await asset(new Request(url, { method: request.method, headers: known ? { "If-None-Match": known } : {} }));
  if (found.status !== 200 && found.status !== 304) return refuse(404, {});
  const tag = found.headers.get("ETag");
  const headers = new Headers({ ...HEADERS, "Cache-Control": CACHE, Vary: "Accept-Encoding" });
  if (tag) headers.set("ETag", tag);
  if (found.status === 304 || (tag && known && isKnown(tag, known))) return new Response(null, { status: 304, headers });
  headers.set("Content-Type", TYPES[document.slice(document.lastIndexOf(".") + 1)]);
  const changed = found.headers.get("Last-Modified");
  if (changed) headers.set("Last-Modified", changed);
  return new Response(request.method === "HEAD" ? null : found.body, { status: 200, headers });
}

function refuse(status, headers) {
  return new Response(null, { status, headers: { ...HEADERS, ...headers } });
}

// Return the name of the document that a path leads to, null where it leads to none.
function documentAt(path, secrets) {
  let found = null;
  for (const secret of secrets) {
    const prefix = secret ? `${BASE}${secret}/` : BASE;
    if (isSame(path.slice(0, prefix.length), prefix)) found = path.slice(prefix.length);
  }
  return found !== null && DOCUMENT.test(found) ? found : null;
}

function secretsOf(text) {
  const secrets = (text || "").split(",").map((part) => part.trim()).filter((part) => part.length > SHORT);
  if (!secrets.length) throw new Closed("FEEDS_SITE_PATH is not set, or too short: the site stays closed.");
  return secrets;
}

function usersOf(text) {
  const users = new Map();
  for (const line of (text || "").split(/[\n,]/)) {
    const user = /^\s*([^\s:]+):[$]pbkdf2-sha256[$]([1-9][0-9]{0,5})[$]([./A-Za-z0-9]{22})[$]([./A-Za-z0-9]{43})\s*$/.exec(line);
    if (user) users.set(user[1], { iterations: Number(user[2]), salt: bytesOf(user[3]), key: bytesOf(user[4]) });
  }
  if (!users.size) throw new Closed("FEEDS_SITE_USERS has no login made with --for {{ platform }}: the site stays closed.");
  return users;
}

// https://www.rfc-editor.org/rfc/rfc7617
async function isLogin(header, users) {
  const given = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(header || "");
  if (!given) return false;
  let text;
  try {
    text = atob(given[1]);
  } catch {
    return false;
  }
  const colon = text.indexOf(":");
  const user = colon < 0 ? undefined : users.get(text.slice(0, colon));
  if (!user) return false;
  const password = Uint8Array.from(text.slice(colon + 1), (letter) => letter.charCodeAt(0));
  const imported = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const derived = await crypto.subtle.deriveBits(
    { name: "PBKDF2", hash: "SHA-256", salt: user.salt, iterations: user.iterations }, imported, 8 * user.key.length
  );
  return isSame(String.fromCharCode(...new Uint8Array(derived)), String.fromCharCode(...user.key));
}

function bytesOf(text) {
  return Uint8Array.from(atob(text.replaceAll(".", "+")), (letter) => letter.charCodeAt(0));
}

// Compare in a time that tells nothing of where two texts differ.
function isSame(one, other) {
  if (one.length !== other.length) return false;
  let differing = 0;
  for (let at = 0; at < one.length; at++) differing |= one.charCodeAt(at) ^ other.charCodeAt(at);
  return differing === 0;
}

// https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 : compared weakly, as a compressed document has a weak tag.
function isKnown(tag, known) {
  const plain = (text) => text.trim().replace(/^W[/]/, "");
  return known.trim() === "*" || known.split(",").some((each) => plain(each) === plain(tag));
}

function isWithin(address, range) {
  const [network, length] = range.split("/");
  const one = bitsOf(address);
  const other = bitsOf(network);
  return one !== null && other !== null && one.length === other.length && one.startsWith(other.slice(0, Number(length)));
}

// Return an address as a text of 32 or 128 ones and zeros, null where it is none.
function bitsOf(address) {
  const text = (address || "").replace(/^::ffff:(?=[0-9]+[.])/i, "");
  const parts = text.includes(":") ? groupsOf(text) : text.split(".");
  const [count, width, base] = text.includes(":") ? [8, 16, 16] : [4, 8, 10];
  const form = base === 16 ? /^[0-9a-f]{1,4}$/i : /^[0-9]{1,3}$/;
  if (parts.length !== count || !parts.every((part) => form.test(part))) return null;
  return parts.map((part) => parseInt(part, base).toString(2).padStart(width, "0")).join("");
}

function groupsOf(text) {
  const [head, tail, more] = text.split("::").map((side) => (side ? side.split(":") : []));
  if (more !== undefined) return [];
  if (tail === undefined) return head;
  return [...head, ...Array(Math.max(0, 8 - head.length - tail.length)).fill("0"), ...tail];
}
