// matrix-bot-sdk loads its encryption library at start, also in bots that never encrypt. Names that
// it reads while loading exist here; whoever calls them is told.
module.exports = new Proxy({}, {
  get: (_, name) => typeof name === "symbol" || name === "__esModule" ? undefined
    : new Proxy(function () {}, {
        get: (target, key) => key in target ? target[key] : `${String(name)}.${String(key)}`,
        construct: () => { throw new Error(`${String(name)}: encryption is not part of this example`); },
      }),
});
