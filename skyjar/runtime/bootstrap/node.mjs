// The Node runtime inside a sandbox: loads the handler, then takes invocations from the Runtime API until it is killed.
// With _SKYJAR_WAIT=<fd> it first waits there for its function, so that Node itself is already warm. Needs nothing but Node.
// A log event of several lines is written as one line with NUL for each inner newline (see sandbox.py).

import { readSync, writeSync, existsSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import http from "node:http";
import https from "node:https";
import Module, { createRequire, syncBuiltinESMExports } from "node:module";
import { format } from "node:util";
import { pathToFileURL } from "node:url";
import { PassThrough } from "node:stream";
import path from "node:path";
import v8 from "node:v8";

const VERSION = "/2018-06-01/runtime";
let requestId = "undefined";

// ---- waiting for a function

function waitForFunction(fd) {
  const chunk = Buffer.alloc(65536);
  let text = "";
  while (!text.endsWith("\n")) {
    const length = readSync(fd, chunk);
    if (length === 0) process.exit(0); // the parent is gone
    text += chunk.toString("utf8", 0, length);
  }
  const { environment, task } = JSON.parse(text);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, environment);
  process.chdir(task);
  Module._initPaths(); // NODE_PATH has come only now
}

// ---- the Runtime API over one keep-alive connection

class Api {
  constructor(address) {
    const [host, port] = address.split(":");
    this.address = address;
    this.received = Buffer.alloc(0);
    this.socket = createConnection({ host, port: Number(port), noDelay: true });
    this.socket.on("data", (data) => {
      this.received = this.received.length ? Buffer.concat([this.received, data]) : data;
      this.parse();
    });
    for (const event of ["error", "close"]) this.socket.on(event, () => process.exit(0));
  }

  parse() {
    const end = this.received.indexOf("\r\n\r\n");
    if (end < 0 || !this.resolve) return;
    const headers = {};
    for (const line of this.received.toString("latin1", 0, end).split("\r\n").slice(1)) {
      const colon = line.indexOf(":");
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const length = Number(headers["content-length"]);
    if (this.received.length < end + 4 + length) return;
    const body = this.received.subarray(end + 4, end + 4 + length);
    this.received = this.received.subarray(end + 4 + length);
    const resolve = this.resolve;
    this.resolve = null;
    resolve({ headers, body });
  }

  call(method, suffix, body = "", headers = "") {
    const bytes = Buffer.from(body);
    const head = `${method} ${VERSION}${suffix} HTTP/1.1\r\nHost: ${this.address}\r\n${headers}Content-Length: ${bytes.length}\r\n\r\n`;
    return new Promise((resolve) => {
      this.resolve = resolve;
      this.socket.write(bytes.length ? Buffer.concat([Buffer.from(head), bytes]) : head);
    });
  }

  error(suffix, fault) {
    const type = "Content-Type: application/vnd.aws.lambda.error+json\r\n";
    return this.call("POST", suffix, JSON.stringify(fault), `${type}Lambda-Runtime-Function-Error-Type: ${fault.errorType}\r\n`);
  }
}

// ---- the log

const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 };

function writeAll(text) {
  let bytes = Buffer.from(text);
  while (bytes.length) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

const writeEvent = (text) => writeAll(text.replace(/\n+$/, "").replaceAll("\n", "\0") + "\n");

function asJson(value) {
  if (value instanceof Error) return { errorType: value.name, errorMessage: value.message, stackTrace: (value.stack ?? "").split("\n") };
  return value;
}

function patchConsole() {
  const json = process.env.AWS_LAMBDA_LOG_FORMAT === "JSON";
  const least = LEVELS[(process.env.AWS_LAMBDA_LOG_LEVEL ?? "trace").toLowerCase()] ?? 0;
  const log = (level, name) => (...values) => {
    if (LEVELS[name] < least) return;
    const time = new Date().toISOString();
    if (!json) return writeEvent(`${time}\t${requestId}\t${level}\t${format(...values)}`);
    const message = values.length === 1 && typeof values[0] === "object" ? asJson(values[0]) : format(...values);
    writeEvent(JSON.stringify({ timestamp: time, level, requestId, message }));
  };
  console.log = console.info = log("INFO", "info");
  console.debug = log("DEBUG", "debug");
  console.trace = log("TRACE", "trace");
  console.warn = log("WARN", "warn");
  console.error = log("ERROR", "error");
  console.fatal = log("FATAL", "fatal");
}

// ---- answers of custom resources

// CloudFormation's ResponseURL is https on AWS, so that the CDK's own handlers keep only its host and path and answer at port 443.
function patchHttps() {
  const endpoint = URL.canParse(process.env.AWS_ENDPOINT_URL ?? "") && new URL(process.env.AWS_ENDPOINT_URL);
  if (!endpoint || endpoint.protocol !== "http:") return;
  const { request } = https;
  https.request = (options, ...rest) => {
    const path = typeof options === "object" && !options.port && String(options.path);
    const isAnswer = path && path.startsWith("/_aws/cloudformation/custom-resources/");
    if (!isAnswer || (options.hostname ?? options.host) !== endpoint.hostname) return request(options, ...rest);
    return http.request({ ...options, protocol: "http:", port: endpoint.port, agent: undefined }, ...rest);
  };
  syncBuiltinESMExports();
}

// ---- the handler

class Fault extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

const moduleKind = (file) => {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const manifest = path.join(folder, "package.json");
    if (existsSync(manifest)) return JSON.parse(readFileSync(manifest, "utf8")).type ?? "commonjs";
    if (folder === path.dirname(folder)) return "commonjs";
  }
};

async function importModule(root, name) {
  const base = path.resolve(root, name);
  const require = createRequire(path.join(root, "_.js"));
  try {
    if (existsSync(`${base}.js`)) {
      return moduleKind(`${base}.js`) === "module" ? await import(pathToFileURL(`${base}.js`)) : require(`${base}.js`);
    }
    if (existsSync(`${base}.mjs`)) return await import(pathToFileURL(`${base}.mjs`));
    if (existsSync(`${base}.cjs`)) return require(`${base}.cjs`);
    return require(require.resolve(name, { paths: [root, ...(process.env.NODE_PATH ?? "").split(":")] }));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Fault("Runtime.UserCodeSyntaxError", String(error));
    if (error.code === "MODULE_NOT_FOUND" || error.code === "ERR_MODULE_NOT_FOUND") {
      const message = existsSync(`${base}.js`) || existsSync(`${base}.mjs`) || existsSync(`${base}.cjs`)
        ? String(error) : `Error: Cannot find module '${name}'\nRequire stack:\n- /var/runtime/index.mjs`;
      throw new Fault("Runtime.ImportModuleError", message);
    }
    throw error;
  }
}

async function load(root, handler) {
  const file = path.basename(handler);
  const [, stem, inner] = file.match(/^([^.]*)\.(.*)$/) ?? [];
  if (!stem || !inner || handler.includes("..")) throw new Fault("Runtime.MalformedHandlerName", "Bad handler");
  const found = await importModule(root, path.join(path.dirname(handler), stem));
  const pick = (from) => inner.split(".").reduce((value, key) => value?.[key], from);
  const target = pick(found) ?? pick(found.default);
  if (target === undefined) throw new Fault("Runtime.HandlerNotFound", `${handler} is undefined or not exported`);
  if (typeof target !== "function") throw new Fault("Runtime.HandlerNotFound", `${handler} is not a function`);
  return target;
}

const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { [STREAMING]: true }),
  HttpResponseStream: {
    from(stream, prelude) {
      stream.write(JSON.stringify(prelude));
      stream.write(Buffer.alloc(8));
      stream.setContentType?.("application/vnd.awslambda.http-integration-response");
      return stream;
    },
  },
};

function faultOf(error) {
  if (error instanceof Error || (error && typeof error === "object" && "message" in error)) {
    const stack = (error.stack ?? "").split("\n").filter((line) => !line.includes(import.meta.url));
    const trace = error instanceof Fault ? [`${error.name}: ${error.message}`] : stack;
    return { errorType: error.name ?? "Error", errorMessage: error.message, trace };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function contextOf(headers, settle) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const parsed = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed("lambda-runtime-client-context"),
    identity: parsed("lambda-runtime-cognito-identity"),
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => deadline - Date.now(),
    succeed: (value) => settle(null, value),
    fail: (error) => settle(error ?? "handled"),
    done: (error, value) => settle(error ?? null, value),
  };
}

async function stream(handler, event, headers) {
  const output = new PassThrough();
  const chunks = [];
  let contentType = "application/octet-stream";
  output.setContentType = (type) => { contentType = type; };
  output.on("data", (chunk) => chunks.push(Buffer.from(chunk)));
  const ended = new Promise((resolve, reject) => output.on("end", resolve).on("error", reject));
  await handler(event, output, contextOf(headers, () => {}));
  await ended;
  return { body: Buffer.concat(chunks), contentType };
}

function call(handler, event, headers) {
  if (handler[STREAMING]) return stream(handler, event, headers);
  return new Promise((resolve, reject) => {
    const finish = (error, value) => (error === null || error === undefined ? resolve({ value }) : reject(error));
    // A callback's answer waits for an empty event loop unless the function says otherwise.
    const settle = (error, value) => {
      if (!context.callbackWaitsForEmptyEventLoop || error) return finish(error, value);
      process.once("beforeExit", () => finish(error, value));
      api.socket.unref();
      return undefined;
    };
    const context = contextOf(headers, (error, value) => finish(error, value));
    const result = handler(event, context, settle);
    if (typeof result?.then === "function") result.then((value) => finish(null, value), reject);
    else if (handler.length < 3 && result !== undefined) finish(null, result);
    else if (handler.length < 3) {
      process.once("beforeExit", () => finish(null, null));
      api.socket.unref();
    }
  });
}

let api;

async function main() {
  if (process.env._SKYJAR_WAIT) waitForFunction(Number(process.env._SKYJAR_WAIT));
  const memory = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? 128);
  v8.setFlagsFromString(`--max-old-space-size=${Math.max(64, Math.floor(memory * 0.9))}`);
  patchConsole();
  patchHttps();
  api = new Api(process.env.AWS_LAMBDA_RUNTIME_API);
  const report = (name) => async (error) => {
    const fault = faultOf(error);
    writeEvent(`${new Date().toISOString()}\t${requestId}\tERROR\t${name}\t${JSON.stringify({ errorType: name.split(" ")[0], ...fault })}`);
    const wrapped = name.startsWith("Unhandled") ? { ...fault, errorType: "Runtime.UnhandledPromiseRejection" } : fault;
    api.resolve = null;
    const suffix = requestId === "undefined" ? "/init/error" : `/invocation/${requestId}/error`;
    await api.error(suffix, wrapped);
    process.exit(requestId === "undefined" ? 1 : 128);
  };
  process.on("uncaughtException", report("Uncaught Exception"));
  process.on("unhandledRejection", report("Unhandled Promise Rejection"));
  let handler;
  try {
    handler = await load(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
  } catch (error) {
    const fault = faultOf(error);
    writeEvent(`${new Date().toISOString()}\tundefined\tERROR\tUncaught Exception\t${JSON.stringify(fault)}`);
    await api.error("/init/error", fault);
    process.exit(1);
  }
  for (;;) {
    const { headers, body } = await api.call("GET", "/invocation/next");
    requestId = headers["lambda-runtime-aws-request-id"];
    process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];
    let result;
    try {
      const { value, body: streamed, contentType } = await call(handler, JSON.parse(body.toString("utf8")), headers);
      result = { body: streamed ?? JSON.stringify(value === undefined ? null : value), contentType: contentType ?? "application/json" };
    } catch (error) {
      result = { fault: faultOf(error) };
    }
    api.socket.ref();
    if (result.fault) {
      writeEvent(`${new Date().toISOString()}\t${requestId}\tERROR\tInvoke Error\t${JSON.stringify({ ...result.fault, stack: result.fault.trace, trace: undefined })}`);
      await api.error(`/invocation/${requestId}/error`, result.fault);
    } else {
      await api.call("POST", `/invocation/${requestId}/response`, result.body, `Content-Type: ${result.contentType}\r\n`);
    }
  }
}

main();
