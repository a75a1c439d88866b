// Lambda's Node.js runtime: loads the handler, asks the Runtime API for events and answers them.
// Handlers may be async, return a promise, or take a callback; CommonJS and ES modules both.
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";

const base = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const post = (path, body) => fetch(`${base}/${path}`, { method: "POST", body: JSON.stringify(body) });

const described = (error) => ({
  errorType: error?.name ?? "Error",
  errorMessage: error?.message ?? String(error),
  trace: String(error?.stack ?? "").split("\n"),
});

const failure = (name, message) => Object.assign(new Error(message), { name });

async function load(handler) {
  const dot = handler.lastIndexOf(".");
  const [file, name] = [handler.slice(0, dot), handler.slice(dot + 1)];
  const path = [".js", ".mjs", ".cjs"].map((end) => `/var/task/${file}${end}`).find(existsSync);
  if (!path) throw failure("Runtime.ImportModuleError", `Error: Cannot find module '${file}'`);
  let module;
  try {
    module = path.endsWith(".mjs") ? await import(pathToFileURL(path)) : createRequire(path)(path);
  } catch (error) {
    if (error.code !== "ERR_REQUIRE_ESM") throw failure("Runtime.ImportModuleError", error.stack ?? String(error));
    module = await import(pathToFileURL(path));
  }
  const found = module[name] ?? module.default?.[name];
  if (typeof found !== "function") throw failure("Runtime.HandlerNotFound", `${handler} is undefined or not exported`);
  return found;
}

const call = (handler, event, context) =>
  new Promise((resolve, reject) => {
    const result = handler(event, context, (error, value) => (error ? reject(error) : resolve(value)));
    if (typeof result?.then === "function") result.then(resolve, reject);
    else if (handler.length < 3) resolve(result);
  });

function contextOf(headers) {
  const deadline = Number(headers.get("lambda-runtime-deadline-ms"));
  return {
    awsRequestId: headers.get("lambda-runtime-aws-request-id"),
    invokedFunctionArn: headers.get("lambda-runtime-invoked-function-arn"),
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
  };
}

async function main() {
  let handler;
  try {
    handler = await load(process.env._HANDLER);
  } catch (error) {
    console.error(error);
    await post("init/error", described(error));
    process.exit(1);
  }
  for (;;) {
    const next = await fetch(`${base}/invocation/next`);
    const context = contextOf(next.headers);
    const event = await next.json();
    try {
      const result = await call(handler, event, context);
      await post(`invocation/${context.awsRequestId}/response`, result ?? null);
    } catch (error) {
      console.error(error);
      await post(`invocation/${context.awsRequestId}/error`, described(error));
    }
  }
}

await main();
