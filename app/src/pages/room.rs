//! The frame of the class room: what the server alone knows (the code, its QR) and, inside, the
//! island.

use leptos::prelude::*;
use leptos_meta::Title;
use signaling::{GroupId, Role};

use super::{Plain, param, query, trouble};
use crate::actions::{Link, RoomView};
use crate::room::lists::List;
use crate::room::{Beginning, RoomFrom};
use crate::trouble::Trouble;

/// The furthest place in a list that an address can name.
const MAX_PLACE: usize = 1_000_000;

/// The page of a class, for its teachers and its students.
#[component]
pub fn RoomPage() -> impl IntoView {
    let group = param("group");
    let problem = trouble();
    let question = query("question");
    // A place in a list that is none is its beginning.
    let place = |list: List| query(list.key()).parse().unwrap_or(0).min(MAX_PLACE);
    let from = List::ALL.map(place).to_vec();
    // As everywhere, no closure around it: Leptos would call one three times, and make all of it anew.
    view! {
        <Suspense>
            {Suspend::new(async move {
                match room(&group, &from).await {
                    Ok(room) => in_class(room, problem, question, from).into_any(),
                    Err(trouble) => outside(trouble).into_any(),
                }
            })}
        </Suspense>
    }
}

pub(crate) fn in_class(
    room: RoomView,
    problem: Option<Trouble>,
    question: String,
    from: Vec<usize>,
) -> impl IntoView {
    let RoomView { mut snapshot, counts, me, code, link } = room;
    let name = snapshot.name.as_ref().map(ToString::to_string).unwrap_or_default();
    let is_teacher = snapshot.members.iter().any(|m| m.user_id == me && m.role == Role::Teacher);
    let nobody_here = !snapshot.members.iter().any(|member| member.role == Role::Student)
        && counts.as_ref().is_none_or(|counts| counts.students == 0);
    let group = snapshot.group_id;
    // By it a live page knows when its code is an old one.
    snapshot.join_code = is_teacher.then(|| code.clone());
    let problem = problem.map(|problem| problem.to_string());
    let beginning = Beginning { snapshot, me, problem, question, from, counts };
    view! {
        <Title text=name />
        <RoomFrom beginning>
            {is_teacher.then(|| view! { <Share group code link nobody_here /> })}
        </RoomFrom>
    }
}

fn outside(trouble: Trouble) -> impl IntoView {
    let title =
        if trouble == Trouble::Ended { "Class is over" } else { "You are not in this class" };
    view! {
        <Title text=title />
        <Plain>
            <section class="card one">
                <h1>{title}</h1>
                <p>{trouble.to_string()}</p>
                <a class="button primary" href="/">
                    "To the start"
                </a>
            </section>
        </Plain>
    }
}

/// How students come in: the code, the QR and the link. It is open while nobody is here.
#[component]
fn Share(group: GroupId, code: String, link: Link, nobody_here: bool) -> impl IntoView {
    let spoken = spoken(&code);
    let (url, is_for_others) = (link.url.clone(), link.is_for_others);
    view! {
        <details class="share" open=nobody_here>
            <summary>
                <span class="code" translate="no">
                    {spoken.clone()}
                </span>
                <span class="hint">"QR and link"</span>
            </summary>
            <div class="share-panel">
                <Qr link />
                <div class="share-words">
                    {nobody_here
                        .then(|| {
                            view! {
                                <p class="nobody">
                                    "Nobody is here yet. Show this code"
                                    {is_for_others.then_some(" or QR")} "."
                                </p>
                            }
                        })}
                    <p class="code large" translate="no">
                        {spoken}
                    </p>
                    <p class="link" translate="no">
                        <a href=url.clone()>{url.clone()}</a>
                    </p>
                    <form method="post" action=crate::actions::ACT data-plain="">
                        <input type="hidden" name="group" value=group.to_string() />
                        <button class="quiet" name="deed" value="renewCode">
                            "New code"
                        </button>
                        <span class="hint">"The old one stops working. Whoever is in stays in."</span>
                    </form>
                </div>
            </div>
        </details>
    }
}

/// A code as it is read aloud: K7P-4MX.
fn spoken(code: &str) -> String {
    let (head, tail) = code.split_at_checked(3).unwrap_or((code, ""));
    format!("{head}-{tail}")
}

/// The QR code of a link, as large as its place allows, or why there is none: phones take the
/// addresses that a machine has for itself for their own.
#[component]
pub fn Qr(
    /// What the code says.
    link: Link,
) -> impl IntoView {
    if link.is_for_others {
        let svg = qr_svg(&link.url);
        view! { <div class="qr" role="img" aria-label="QR code of the link" inner_html=svg></div> }
            .into_any()
    } else {
        view! {
            <p class="no-qr">
                "No other device can open this address: it is this machine’s own. Start Handup with "
                <code>"--listen 0.0.0.0:3000"</code>
                ", or say with "
                <code>"--public-url"</code>
                " where others reach it."
            </p>
        }
            .into_any()
    }
}

#[cfg(feature = "ssr")]
fn qr_svg(text: &str) -> String {
    use qrcode::QrCode;
    use qrcode::render::svg::Color;

    QrCode::new(text).map_or_else(
        |_| String::new(),
        |code| {
            let svg = code
                .render::<Color<'_>>()
                .min_dimensions(480, 480)
                .dark_color(Color("#16191c"))
                .light_color(Color("#ffffff"))
                .build();
            svg.split_once("?>").map_or(svg.clone(), |(_, svg)| svg.to_owned())
        },
    )
}

#[cfg(not(feature = "ssr"))]
fn qr_svg(_: &str) -> String {
    String::new()
}

#[cfg(feature = "ssr")]
async fn room(group: &str, from: &[usize]) -> Result<RoomView, Trouble> {
    use crate::actions::ssr;

    let found = match group.parse() {
        Ok(group) => ssr::room(group, from).await,
        Err(_) => Err(Trouble::NotHere),
    };
    found.map_err(|trouble| {
        let trouble = if trouble == Trouble::NoSuchCode { Trouble::NotHere } else { trouble };
        ssr::set_status(trouble.status());
        trouble
    })
}

#[cfg(not(feature = "ssr"))]
async fn room(_: &str, _: &[usize]) -> Result<RoomView, Trouble> {
    Err(Trouble::Failed)
}
