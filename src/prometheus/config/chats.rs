//! Alertmanager's receivers that are chats: the fields of each, and what each needs.

use super::fields::Fields;
use super::http::one_of_two;
use super::integrations::{COMMON, WEB, needs_one};
use super::shape::{Field, Kind, Section, duration, file, flag, int, one_of, secret, section, text, texts};

pub(super) static DISCORD: Section = Section {
    title: "a Discord receiver",
    fields: &[
        text("avatar_url").since(0, 28),
        text("content").since(0, 28),
        text("message"),
        text("title"),
        text("username").since(0, 28),
        Field::new("webhook_url", WEB),
        file("webhook_url_file").since(0, 28),
    ],
    shared: &[COMMON],
    rule: Some(|walk, fields| {
        needs_one(walk, fields, &["webhook_url", "webhook_url_file"], "a Discord receiver");
    }),
};

pub(super) static MSTEAMS: Section = Section {
    title: "a Microsoft Teams receiver",
    fields: &[
        text("summary").since(0, 27),
        text("text"),
        text("title"),
        Field::new("webhook_url", WEB),
        file("webhook_url_file").since(0, 27),
    ],
    shared: &[COMMON],
    rule: Some(|walk, fields| {
        needs_one(walk, fields, &["webhook_url", "webhook_url_file"], "a Microsoft Teams receiver");
    }),
};

pub(super) static MSTEAMS_V2: Section = Section {
    title: "a Microsoft Teams v2 receiver",
    fields: &[text("text"), text("title"), Field::new("webhook_url", WEB), file("webhook_url_file")],
    shared: &[COMMON],
    rule: Some(|walk, fields| {
        needs_one(walk, fields, &["webhook_url", "webhook_url_file"], "a Microsoft Teams v2 receiver");
    }),
};

pub(super) static ROCKETCHAT: Section = Section {
    title: "a Rocket.Chat receiver",
    fields: &[
        Field::new("actions", Kind::List(&Kind::Any)),
        Field::new("api_url", WEB),
        text("channel"),
        text("color"),
        text("emoji"),
        Field::new("fields", Kind::List(&Kind::Any)),
        text("icon_url"),
        text("image_url"),
        flag("link_names"),
        flag("short_fields"),
        text("text"),
        text("thumb_url"),
        text("title"),
        text("title_link"),
        secret("token"),
        file("token_file"),
        secret("token_id"),
        file("token_id_file"),
    ],
    shared: &[COMMON],
    rule: Some(|walk, fields| {
        one_of_two(walk, fields, "token", "token_file");
        one_of_two(walk, fields, "token_id", "token_id_file");
    }),
};

pub(super) static SLACK: Section = Section {
    title: "a Slack receiver",
    fields: &[
        Field::new("actions", Kind::List(&Kind::Section(&SLACK_ACTION))),
        Field::new("api_url", WEB),
        file("api_url_file"),
        secret("app_token").since(0, 30),
        file("app_token_file").since(0, 30),
        Field::new("app_url", WEB).since(0, 30),
        text("callback_id"),
        text("channel"),
        text("color"),
        text("fallback"),
        Field::new("fields", Kind::List(&Kind::Section(&SLACK_FIELD))),
        text("footer"),
        text("icon_emoji"),
        text("icon_url"),
        text("image_url"),
        flag("link_names"),
        text("message_text").since(0, 29),
        texts("mrkdwn_in"),
        text("pretext"),
        flag("short_fields"),
        text("text"),
        text("thumb_url"),
        duration("timeout").since(0, 30),
        text("title"),
        text("title_link"),
        text("username"),
    ],
    shared: &[COMMON],
    rule: Some(|walk, fields| one_of_two(walk, fields, "api_url", "api_url_file")),
};

static SLACK_ACTION: Section = Section {
    title: "a Slack action",
    fields: &[
        section("confirm", &SLACK_CONFIRM),
        text("name"),
        text("style"),
        text("text").required(),
        text("type").required(),
        text("url"),
        text("value"),
    ],
    shared: &[],
    rule: Some(|walk, fields| {
        if fields.filled("url").is_none() && fields.filled("name").is_none() {
            walk.error("missing-key", fields.span(), "`url` or `name` is missing in a Slack action");
        }
    }),
};

static SLACK_CONFIRM: Section = Section {
    title: "a Slack confirmation",
    fields: &[text("dismiss_text"), text("ok_text"), text("text").required(), text("title")],
    shared: &[],
    rule: None,
};

static SLACK_FIELD: Section = Section {
    title: "a Slack field",
    fields: &[flag("short"), text("title").required(), text("value").required()],
    shared: &[],
    rule: None,
};

pub(super) static TELEGRAM: Section = Section {
    title: "a Telegram receiver",
    fields: &[
        Field::new("api_url", WEB),
        secret("bot_token"),
        file("bot_token_file").since(0, 26),
        int("chat_id"),
        file("chat_id_file").since(0, 30),
        flag("disable_notifications"),
        text("message"),
        int("message_thread_id").since(0, 28),
        one_of("parse_mode", &["", "Markdown", "MarkdownV2", "HTML"]),
    ],
    shared: &[COMMON],
    rule: Some(|walk, fields| {
        needs_one(walk, fields, &["bot_token", "bot_token_file"], "a Telegram receiver");
        needs_one(walk, fields, &["chat_id", "chat_id_file"], "a Telegram receiver");
        // 0 is how Alertmanager tells that there is none
        let chat = fields.get("chat_id").filter(|_| fields.filled("chat_id_file").is_none());
        if let Some(entry) = chat.filter(|entry| entry.value.to_json() == 0) {
            walk.error(
                "missing-key",
                entry.value.span,
                "`chat_id: 0` is no chat: it stands for none in Alertmanager",
            );
        }
    }),
};

pub(super) static WEBEX: Section = Section {
    title: "a Webex receiver",
    fields: &[Field::new("api_url", WEB), text("message"), text("room_id").required()],
    shared: &[COMMON],
    rule: Some(|walk, fields| {
        let http = fields.get("http_config").and_then(|entry| Fields::of(&entry.value));
        if http.is_none_or(|(http, _)| http.get("authorization").is_none()) {
            let message = "`authorization` is missing in `http_config` of a Webex receiver";
            walk.error("missing-key", fields.span(), message);
        }
    }),
};

pub(super) static WECHAT: Section = Section {
    title: "a WeChat receiver",
    fields: &[
        text("agent_id"),
        secret("api_secret"),
        file("api_secret_file").since(0, 30),
        Field::new("api_url", WEB),
        text("corp_id"),
        text("message"),
        one_of("message_type", &["", "text", "markdown"]),
        text("to_party"),
        text("to_tag"),
        text("to_user"),
    ],
    shared: &[COMMON],
    rule: None,
};
