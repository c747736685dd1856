// Facts of the Telegram Bot API (methods, parameters, types), read from the declarations of npm
// @gramio/types and written as one JSON document, one line per method and per type. Run by
// tools/bot_api_facts.sh; the output is committed.
//
// A type is text: number, string, boolean, true, file, 'literal', 3, a name, [element], and these
// joined by |. A trailing ? marks what may be absent.
import ts from "typescript";
import { readFileSync } from "node:fs";

const folder = process.argv[2];
const sources = Object.fromEntries(["methods", "params", "objects"].map((name) => {
  const path = `${folder}/${name}.d.ts`;
  return [name, ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true)];
}));
const bare = (name) => name.replace(/^(Objects|Params)\./, "").replace(/^Telegram/, "");

// Aliases of literals are written out where they are used: they are no types of the API.
const literals = new Map();

function parts(node) {
  if (ts.isParenthesizedTypeNode(node)) return parts(node.type);
  if (ts.isUnionTypeNode(node)) return node.types.flatMap(parts);
  if (ts.isTypeLiteralNode(node)) return [];  // { toString() }, { toJSON() }: conveniences of the package
  if (ts.isArrayTypeNode(node)) return [`[${text(node.elementType)}]`];
  if (ts.isLiteralTypeNode(node)) {
    const { literal } = node;
    if (ts.isStringLiteral(literal)) return [`'${literal.text}'`];
    return [literal.getText()];
  }
  if (ts.isTypeReferenceNode(node)) {
    const name = node.typeName.getText();
    if (name === "Exclude") return ["string"];  // names of updates
    if (bare(name) === "InputFile") return ["file"];
    return literals.get(bare(name)) ?? [bare(name)];
  }
  return [node.getText()];
}
const text = (node) => [...new Set(parts(node))].join("|");
const fields = (node) => Object.fromEntries(node.members.filter((m) => ts.isPropertySignature(m))
  .map((m) => [m.name.getText(), text(m.type) + (m.questionToken ? "?" : "")]));

for (const source of [sources.params, sources.objects]) {
  source.forEachChild((node) => {
    if (!ts.isTypeAliasDeclaration(node)) return;
    const options = parts(node.type);
    if (options.every((option) => /^('|-?\d)/.test(option))) literals.set(bare(node.name.text), options);
  });
}

const types = {};
sources.objects.forEachChild((node) => {
  const name = node.name && bare(node.name.text);
  if (!name || name.startsWith("APIResponse") || name === "InputFile" || literals.has(name)) return;
  if (ts.isInterfaceDeclaration(node)) types[name] = fields(node);
  if (ts.isTypeAliasDeclaration(node)) types[name] = text(node.type);
});
// The package leaves out that a rich text may be plain or a list: core.telegram.org/bots/api#richtext.
types.RichText = `string|[RichText]|${types.RichText}`;
const parameters = {};
sources.params.forEachChild((node) => {
  if (ts.isInterfaceDeclaration(node)) parameters[node.name.text] = fields(node);
});
const methods = {};
sources.methods.forEachChild((node) => {
  if (!ts.isInterfaceDeclaration(node)) return;
  for (const member of node.members) {
    const given = member.type.typeArguments;
    const params = given.length > 1 ? parameters[given[0].getText().replace("Params.", "")] : {};
    methods[member.name.getText()] = { returns: text(given.at(-1)), params };
  }
});

const version = /Based on Bot API v([\d.]+)/.exec(sources.methods.text)[1];
const lines = (object) => Object.entries(object)
  .map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(",\n");
console.log(`{"version": "${version}",\n"methods": {\n${lines(methods)}},\n"types": {\n${lines(types)}}}`);
