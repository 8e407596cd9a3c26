//! The form that asks for hands: one line, with what is seldom chosen folded away.

#[cfg(feature = "ssr")]
mod options;

use leptos::prelude::*;

use super::asked::Asked;
use super::next::Next;
use super::prepared::Prepared;
use crate::room::action::RoomAction;
use crate::room::icon::{Icon, OPTIONS, PLUS};
use crate::room::live::Live;
use crate::room::portion::List;
use crate::room::reactive::{Derived, Source};
use crate::room::tap::ACT;
use crate::room::text::Text;
use crate::words::room as words;

/// The seconds that a teacher can give.
const LIMITS: [u32; 4] = [10, 30, 60, 180];

/// The seconds that a teacher can have everybody think.
const THINKS: [u32; 3] = [5, 10, 30];

// The names of the fields.
const LIMIT: &str = "limit";
const THINK: &str = "think";
const PAIR: &str = "pair";
const FIRST: &str = "first";

/// The question that stands, and the next one, which can be typed meanwhile.
#[component]
pub fn Asking(
    /// The question that was typed and not taken.
    question: String,
    /// Who is next.
    next: Next,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let group = live.group.with_untracked(|group| group.id);
    // What somebody is typing is not folded away by what others ask.
    let is_typing = Source::new(!question.is_empty());
    let type_question = move |event| is_typing.set(!event_target_value(&event).is_empty());
    let stands = Derived::new(move |_| live.lesson.with(|lesson| lesson.round_now().is_some()));
    let (first, limit) = live.before.with_value(|before| (before.first, before.limit));
    let (think, pair) = live.before.with_value(|before| (before.think, before.pair));
    let (first, limit) = (Source::new(first), Source::new(limit));
    let (think, pairs) = (Source::new(think), Source::new(pair > 0));
    // It is the one filled button for as long as there is nobody to call.
    let is_main = move || live.count(List::Hands) == 0 && !next.is_called.get();
    let chosen = move || {
        let limit = limit.get();
        let limit = LIMITS.contains(&limit).then(|| limit_words(limit));
        let first = first.get().then(|| words::first_hand_only().to_owned());
        let think = Some(think.get()).filter(|think| THINKS.contains(think));
        let think = think.map(|think| words::think_for(&limit_words(think)));
        let waits = if pairs.get() { Some(words::think_pair_share().to_owned()) } else { think };
        let chosen: Vec<String> = [waits, limit, first].into_iter().flatten().collect();
        chosen.join(" · ")
    };
    let choose = move |event: leptos::ev::Event| {
        let seconds = || event_target_value(&event).parse().unwrap_or(0);
        match event_target::<leptos::web_sys::HtmlInputElement>(&event).name().as_str() {
            LIMIT => limit.set(seconds()),
            THINK => think.set(seconds()),
            PAIR => pairs.set(event_target_checked(&event)),
            FIRST => first.set(event_target_checked(&event)),
            _ => {}
        }
    };
    view! {
        <section class="asking" class:standing=move || stands.get() aria-label=words::ask()>
            <Asked />
            <details class="next-question" open=move || !stands.get() || is_typing.get_untracked()>
                <summary title=words::new_question()>
                    <Icon path=PLUS />
                    <span>{words::new_question()}</span>
                </summary>
                <form class="ask" method="post" action=ACT on:submit=move |_| is_typing.set(false)>
                    <input type="hidden" name="group" value=group.to_string() />
                    <input type="hidden" name="deed" value=RoomAction::Ask.word() />
                    <label for="question" class="unseen">
                        {words::question_label()}
                    </label>
                    <input
                        id="question"
                        name="question"
                        value=question
                        placeholder=words::question_label()
                        maxlength="500"
                        autocomplete="off"
                        list="asked-before"
                        data-once=""
                        on:input=type_question
                    />
                    <AskedBefore />
                    <details class="options" on:change=choose>
                        <summary title=words::options()>
                            <Icon path=OPTIONS />
                            <span class="options-word">{words::options()}</span>
                            <span class="hint">
                                <Text words=chosen />
                            </span>
                        </summary>
                        <div class="options-panel">
                            <div class="served" data-still="">
                                {options::options()}
                            </div>
                        </div>
                    </details>
                    <button class:primary=is_main class:quiet=move || !is_main() data-key="a">
                        {words::ask()}
                    </button>
                </form>
            </details>
        </section>
    }
}

fn limit_words(seconds: u32) -> String {
    match seconds {
        0..60 => words::seconds(seconds as usize),
        _ => words::minutes(seconds as usize / 60),
    }
}

/// The questions that were asked before, at hand in the field.
#[component]
fn AskedBefore() -> impl IntoView {
    let live = expect_context::<Live>();
    let prepared = expect_context::<Prepared>();
    let questions = Derived::new(move |before: Option<&Vec<String>>| {
        let mut questions = match before {
            Some(questions) => questions.clone(),
            None => live.before.with_value(|before| before.questions.clone()),
        };
        let now = live.lesson.with(|lesson| lesson.round_now()?.question.clone());
        if let Some(question) = now.filter(|question| !questions.contains(question)) {
            questions.insert(0, question);
            questions.truncate(8);
        }
        questions
    });
    view! {
        <datalist id="asked-before">
            {move || {
                let option = |question| view! { <option value=question></option> };
                let mut all = questions.get();
                all.extend(prepared.questions());
                all.into_iter().map(option).collect_view()
            }}
        </datalist>
    }
}

/// The server makes them.
#[cfg(not(feature = "ssr"))]
mod options {
    pub const fn options() {}
}
