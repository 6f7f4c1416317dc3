// The gateway's side of the console, as functions. A refusal is an Error with the reason that the gateway gave.

const root = new URL("console/api/", document.baseURI);

async function answered(response) {
  let said = {};
  try { said = await response.json(); } catch { /* a proxy's page, perhaps: the status says enough */ }
  if (!response.ok) throw new Error(said.problem || `The gateway answered ${response.status}.`);
  return said;
}

/** What stands at that path. */
export async function get(path) {
  return answered(await fetch(new URL(path, root), { headers: { accept: "application/json" } }));
}

/** What comes of sending that. */
export async function post(path, body, signal) {
  return answered(await fetch(new URL(path, root), {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal,
  }));
}
