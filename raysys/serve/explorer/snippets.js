// What is seen, as others can ask for it: from a terminal, in Python, in R.
let seen = null;

const address = () => location.origin + location.pathname;
const quoted = text => `'${text.replaceAll("'", "'\\''")}'`;

function pythonValue(value) {
  if (value === null) return "None";
  if (value === true || value === false) return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(pythonValue).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${pythonValue(one)}`).join(", ")}}`;
  return JSON.stringify(value);
}

const SNIPPETS = {
  curl: ({ ask, file, token }) => `curl -o ${file} ${address()}${base()}/samples \\\n` + (token ? "  -H 'Authorization: Bearer TOKEN' \\\n" : "") +
    `  -H 'Content-Type: application/json' -d ${quoted(JSON.stringify({ ...ask, format: file.split(".")[1] }))}`,
  python: ({ ask, token }) => {
    const { n, ...rest } = ask, options = Object.entries(rest).filter(([, value]) => value !== undefined).map(([key, value]) => `${key}=${pythonValue(value)}`);
    return `from raysys.serve.client import Endpoint\n\nendpoint = Endpoint(${JSON.stringify(address())}${token ? ', token="TOKEN"' : ""})\n` +
      `images = endpoint.sample(${[JSON.stringify($("model").value), n, ...options].join(", ")})`;
  },
  r: ({ ask, file, token }) => `library(httr2)\n\nrequest(${JSON.stringify(`${address()}${base()}/samples`)}) |>\n` + (token ? '  req_auth_bearer_token("TOKEN") |>\n' : "") +
    `  req_body_raw(${quoted(JSON.stringify({ ...ask, format: file.split(".")[1] }))}, type = "application/json") |>\n  req_perform(path = ${JSON.stringify(file)})`,
};

function showSnippet(ask) {
  if (ask) seen = { ask, file: chosen().dims === 2 ? "samples.png" : "samples.tif", token: Boolean($("token").value) };
  if (seen) $("curl").textContent = SNIPPETS[$("language").value](seen);
}
