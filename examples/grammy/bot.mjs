// A bot as one would write it with grammY: it answers when it is mentioned, replied to, or spoken to
// in private. The only line that a sandbox needs is `apiRoot`.
//
// TELEGRAM_BOT_TOKENS (comma separated) runs one bot per token in this process, TELEGRAM_BOT_TOKEN one.
import { Bot } from "grammy";

const apiRoot = process.env.TELEGRAM_API_ROOT ?? "https://api.telegram.org";
const tokens = (process.env.TELEGRAM_BOT_TOKENS ?? process.env.TELEGRAM_BOT_TOKEN ?? "")
  .split(",")
  .map((token) => token.trim())
  .filter(Boolean);
if (tokens.length === 0) {
  console.error("set TELEGRAM_BOT_TOKEN or TELEGRAM_BOT_TOKENS");
  process.exit(2);
}
// For the test that a lab notices it: stay silent on every N-th message that wants an answer.
const dropEvery = Number(process.env.EXAMPLE_DROP_EVERY ?? 0);
let wanted = 0;

function isForMe(ctx) {
  const message = ctx.message;
  if (message.chat.type === "private") return true;
  if (message.reply_to_message?.from?.id === ctx.me.id) return true;
  return ctx.entities("mention").some(
    (entity) => entity.text.toLowerCase() === `@${ctx.me.username}`.toLowerCase());
}

const bots = tokens.map((token) => {
  const bot = new Bot(token, { client: { apiRoot } });
  bot.on("message:text", async (ctx) => {
    if (!isForMe(ctx)) return;
    wanted += 1;
    if (dropEvery > 0 && wanted % dropEvery === 0) return;
    await ctx.reply(`You said: ${ctx.message.text}`, {
      reply_parameters: { message_id: ctx.message.message_id },
    });
  });
  bot.catch((error) => console.error(error.message));
  return bot;
});

const stop = () => Promise.all(bots.map((bot) => bot.stop())).then(() => process.exit(0));
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
await Promise.all(bots.map((bot) => bot.start({ onStart: (me) => console.log(`${me.username} runs`) })));
