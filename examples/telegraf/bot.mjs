// A bot as one would write it with Telegraf: it answers when it is mentioned, replied to, or spoken
// to in private. The only line that a sandbox needs is `apiRoot`.
//
// TELEGRAM_BOT_TOKENS (comma separated) runs one bot per token in this process, TELEGRAM_BOT_TOKEN one.
import { Telegraf } from "telegraf";
import { message } from "telegraf/filters";

const apiRoot = process.env.TELEGRAM_API_ROOT ?? "https://api.telegram.org";
const tokens = (process.env.TELEGRAM_BOT_TOKENS ?? process.env.TELEGRAM_BOT_TOKEN ?? "")
  .split(",")
  .map((token) => token.trim())
  .filter(Boolean);
if (tokens.length === 0) {
  console.error("set TELEGRAM_BOT_TOKEN or TELEGRAM_BOT_TOKENS");
  process.exit(2);
}

function isForMe(ctx) {
  if (ctx.chat.type === "private") return true;
  if (ctx.message.reply_to_message?.from?.id === ctx.botInfo.id) return true;
  return ctx.entities("mention").some(
    (entity) => entity.fragment.toLowerCase() === `@${ctx.me}`.toLowerCase());
}

const bots = tokens.map((token) => {
  const bot = new Telegraf(token, { telegram: { apiRoot } });
  bot.on(message("text"), async (ctx) => {
    if (!isForMe(ctx)) return;
    await ctx.reply(`You said: ${ctx.message.text}`, {
      reply_parameters: { message_id: ctx.message.message_id },
    });
  });
  bot.catch((error) => console.error(error.message));
  return bot;
});

const stop = () => {
  for (const bot of bots) bot.stop();
  process.exit(0);
};
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
await Promise.all(bots.map((bot) => bot.launch(() => console.log(`${bot.botInfo.username} runs`))));
