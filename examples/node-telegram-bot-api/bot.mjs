// A bot as one would write it with node-telegram-bot-api 2: it answers when it is mentioned, replied
// to, or spoken to in private. The only line that a sandbox needs is `apiRoot` (in version 1 and
// before: `baseApiUrl`).
//
// TELEGRAM_BOT_TOKENS (comma separated) runs one bot per token in this process, TELEGRAM_BOT_TOKEN one.
import { Bot } from "node-telegram-bot-api";

const apiRoot = process.env.TELEGRAM_API_ROOT ?? "https://api.telegram.org";
const tokens = (process.env.TELEGRAM_BOT_TOKENS ?? process.env.TELEGRAM_BOT_TOKEN ?? "")
  .split(",")
  .map((token) => token.trim())
  .filter(Boolean);
if (tokens.length === 0) {
  console.error("set TELEGRAM_BOT_TOKEN or TELEGRAM_BOT_TOKENS");
  process.exit(2);
}

function isFor(me, message) {
  if (message.chat.type === "private") return true;
  if (message.reply_to_message?.from?.id === me.id) return true;
  const name = `@${me.username}`.toLowerCase();
  return (message.entities ?? []).some(
    (entity) =>
      entity.type === "mention" &&
      message.text.slice(entity.offset, entity.offset + entity.length).toLowerCase() === name);
}

const bots = [];
for (const token of tokens) {
  const bot = new Bot(token, { apiRoot });
  const me = await bot.api.getMe();
  bot.on("message", async (ctx) => {
    const message = ctx.update.message;
    if (!message.text || !isFor(me, message)) return;
    await ctx.api.sendMessage({
      chat_id: message.chat.id,
      text: `You said: ${message.text}`,
      reply_parameters: { message_id: message.message_id },
    });
  });
  bot.catch((error) => console.error(error.message));
  bots.push(bot);
  console.log(`${me.username} runs`);
}

const stop = () => {
  for (const bot of bots) bot.stop();
};
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
await Promise.all(bots.map((bot) => bot.startPolling()));
