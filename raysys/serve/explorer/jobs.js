// Jobs: begun, followed as they go on, looked at, cancelled, and what they leave.
const ENDED = ["done", "failed", "cancelled"];
const followed = new Set();

const JOB_FIELDS = {
  reconstructions: () => ({ image: "image", fields: { shape: $("job-size").value, chains: $("job-n").value, target: $("job-target").value } }),
  syntheses: () => ({ image: "exemplar", fields: { size: $("job-size").value, variations: $("job-n").value, method: $("job-method").value } }),
  samples: () => ({ fields: { model: $("model").value, n: +$("job-n").value, size: $("job-size").value.split(/[\sx,]+/).map(Number), condition: condition() } }),
};

async function listJobs() {
  const found = await call("v1/jobs").then(answer => answer.json()).catch(() => null);
  show("jobs-box", found);
  if (!found) return;
  $("jobs").replaceChildren();
  for (const job of found.jobs.reverse()) showJob(job);
}

function chooseJob() {
  const kind = $("job-kind").value;
  show("job-image-box", kind !== "samples");
  show("job-target-box", kind === "reconstructions");
  show("job-method-box", kind === "syntheses");
}

async function beginJob() {
  const kind = $("job-kind").value, { image, fields } = JOB_FIELDS[kind](), seed = $("job-seed").value;
  let body;
  if (image) {
    const file = $("job-image").files[0];
    if (!file) throw new Error("choose an image for the job first");
    body = new FormData();
    body.append(image, file);
    for (const [name, value] of Object.entries({ ...fields, seed })) body.append(name, value);
  } else {
    if (fields.size.some(Number.isNaN)) throw new Error("size: write one number, or one for each axis, as 1024x1024");
    body = JSON.stringify({ ...fields, size: fields.size.length > 1 ? fields.size : fields.size[0], seed: +seed });
  }
  const job = await (await call(kind === "samples" ? "v1/jobs/samples" : `v1/${kind}`, { method: "POST", body })).json();
  showJob(job);
}

// A line of a job: made when it is first heard of, and changed as it goes on.
function showJob(job) {
  let line = $("job-" + job.id);
  if (!line) {
    line = document.createElement("li");
    line.id = "job-" + job.id;
    line.innerHTML = '<div class="row"><strong></strong><progress max="1"></progress><button type="button"></button></div><p class="soft"></p><div class="pictures"></div><p class="files"></p>';
    line.querySelector("button").addEventListener("click", attempt(() => endJob(job.id)));
    $("jobs").prepend(line);
  }
  const over = ENDED.includes(job.state), left = job.seconds_left;
  line.querySelector("strong").textContent = `${job.kind}, ${job.state}`;
  Object.assign(line.querySelector("progress"), { value: job.fraction });
  line.querySelector("progress").setAttribute("aria-label", `${job.kind}: ${Math.round(100 * job.fraction)} %`);
  line.querySelector("button").textContent = over ? "Remove" : "Cancel";
  line.querySelector(".soft").textContent = [job.message, !over && left ? `about ${Math.ceil(left)} s left` : "", `seed ${job.request.seed}`].filter(Boolean).join("; ");
  line.querySelector(".files").replaceChildren(...job.files.map(file => {
    const link = document.createElement("button");
    Object.assign(link, { type: "button", className: "link", textContent: `${file.name} (${inBytes(file.bytes)})`, title: `SHA-256 ${file.sha256}` });
    link.addEventListener("click", attempt(() => save(file)));
    return link;
  }));
  if (job.picture) showJobPicture(line, job).catch(() => null);
  if (!over) followJob(job);
}

const inBytes = bytes => bytes < 1e4 ? `${bytes} B` : bytes < 1e7 ? `${Math.round(bytes / 1e3)} kB` : `${Math.round(bytes / 1e6)} MB`;

async function showJobPicture(line, job) {
  const url = URL.createObjectURL(await (await call(job.picture)).blob()), image = new Image();
  image.src = url;
  image.alt = `what the job looks like, ${Math.round(100 * job.fraction)} % done`;
  await image.decode();
  line.querySelector(".pictures").replaceChildren(image);
  URL.revokeObjectURL(url);
}

// Server-sent events, read by hand: an EventSource carries no token.
async function followJob(job) {
  if (followed.has(job.id)) return;
  followed.add(job.id);
  try {
    for (let last = job; !ENDED.includes(last.state) && $("job-" + job.id);) {
      const reader = (await call(job.events)).body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = "", part = await reader.read(); !part.done; part = await reader.read()) {
        const events = (rest + part.value).split("\n\n");
        rest = events.pop();
        for (const line of events.flatMap(event => event.split("\n")).filter(line => line.startsWith("data: "))) showJob(last = JSON.parse(line.slice(6)));
      }
    }
  } catch (error) {
    say(error.message);
  } finally { followed.delete(job.id); }
}

async function endJob(id) {
  const job = await (await call("v1/jobs/" + id)).json(), over = ENDED.includes(job.state);
  const told = await (await call("v1/jobs/" + id, { method: "DELETE" })).json();
  if (over) $("job-" + id).remove();
  else showJob(told);
}

// With the token, which a plain link would not carry.
async function save(file) {
  const url = URL.createObjectURL(await (await call(file.url)).blob()), link = document.createElement("a");
  Object.assign(link, { href: url, download: file.name });
  link.click();
  URL.revokeObjectURL(url);
}
