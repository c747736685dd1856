// The empty page: how to attach a bot, with the one line of each framework.
import { $, state, toast, element, button } from "./state.js";

const token = "1001:any-secret-of-24-letters-or-more";
const frameworks = [
  ["grammY", (root) => `new Bot(token, { client: { apiRoot: "${root}" } })`],
  ["Telegraf", (root) => `new Telegraf(token, { telegram: { apiRoot: "${root}" } })`],
  ["node-telegram-bot-api 2", (root) => `new Bot(token, { apiRoot: "${root}" })`],
  ["python-telegram-bot", (root) => `Application.builder().token(token).base_url("${root}/bot").build()`],
  ["aiogram", (root) => `Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base("${root}")))`],
  ["pyTelegramBotAPI", (root) => `telebot.apihelper.API_URL = "${root}/bot{0}/{1}"`],
  ["Go telegram-bot-api", (root) => `tgbotapi.NewBotAPIWithAPIEndpoint(token, "${root}/bot%s/%s")`],
  ["teloxide", (root) => `Bot::new(token).set_api_url("${root}".parse()?)`],
  ["Telegram.Bot (C#)", (root) => `new TelegramBotClient(new TelegramBotClientOptions(token, "${root}"))`],
  ["curl", (root) => `curl ${root}/bot${token}/getMe`],
  ["matrix-nio", (_, homeserver) => `client = AsyncClient("${homeserver}", "@mybot:sandbox")`],
  ["matrix-bot-sdk", (_, homeserver) => `await new MatrixAuth("${homeserver}").passwordLogin("mybot", "any-password")`],
];
const start = (name) => name.startsWith("matrix")
  ? ["MATRIX_PASSWORD=any-password your-bot",
    "A user that nobody has used becomes a bot at its first login: it appears on the left and is invited to the room “default”."]
  : [`TELEGRAM_BOT_TOKEN=${token} your-bot`,
    "A token registers itself: the bot appears on the left and is in the room “default”."];
let chosen = localStorage.getItem("framework") ?? frameworks[0][0];

function code(text) {
  const pre = element("pre");
  pre.append(element("code", "", text), button("Copy", "Copy this line", () => navigator.clipboard?.writeText(text).then(() => toast("Copied"))));
  return pre;
}

function step(number, title, ...more) {
  const item = element("li");
  const body = element("div");
  body.append(element("h3", "", title), ...more);
  item.append(element("span", "number", String(number)), body);
  return item;
}

// The tabs with the line of the chosen framework, and the box that says how such a bot is started.
function frameworkPicker(root, homeserver) {
  const tabs = element("div", "tabs");
  const line = element("div");
  const started = element("div");
  const show = () => {
    const found = frameworks.find(([name]) => name === chosen) ?? frameworks[0];
    line.replaceChildren(code(found[1](root, homeserver)));
    const [command, what] = start(found[0]);
    started.replaceChildren(code(command), element("p", "soft", what));
    for (const tab of tabs.children) tab.setAttribute("aria-pressed", String(tab.textContent === found[0]));
  };
  for (const [name] of frameworks) {
    tabs.append(button(name, `The line for ${name}`, () => {
      chosen = name;
      localStorage.setItem("framework", name);
      show();
    }));
  }
  show();
  return { tabs, line, started };
}

export function drawWelcome() {
  const root = state.stats.telegram || "http://127.0.0.1:8081";
  const homeserver = state.stats.matrix || "http://127.0.0.1:8008";
  const llm = state.stats.llm || "http://127.0.0.1:8082/v1";
  const connected = state.bots.filter((bot) => bot.ready);
  const box = element("div", "welcome");
  box.append(element("h2", "", connected.length ? "Your bots are here" : "Attach a bot"),
    element("p", "soft", "This is a chat platform on your machine. A bot that speaks to Telegram or Matrix speaks to it unchanged, with one line of its set-up."));
  const picker = frameworkPicker(root, homeserver);
  const list = element("ol");
  list.append(
    step(1, "Point the bot at this address", picker.tabs, picker.line),
    step(2, "Start it with any token or password", picker.started),
    step(3, "Write to it", element("p", "soft", "Mention it with @ in a room, or open its private chat. Press its buttons, react, reply. Choose below who you speak as.")));
  const more = element("details");
  more.append(element("summary", "", "It uses a language model, or should bear many people?"),
    element("p", "soft", "An API like OpenAI's, without a key and without cost:"), code(`OPENAI_BASE_URL=${llm}`),
    element("p", "soft", "The same bot under the load of two hundred people:"), code("chorus test --people 200 --for 1m -- your-bot"));
  box.append(list, more);
  $("title").textContent = "Chorus sandbox";
  $("members").textContent = "nothing leaves this machine";
  $("log").replaceChildren(box);
}
