//! One invitation with all that is recorded of it, as the log has it.

use classroom::history::{Part, Record};
use leptos::prelude::*;
use signaling::UserId;

use super::times::Zone;
use super::words::{self, Names};

/// The table of an invitation; of one person's part alone when `only` names them.
#[component]
pub fn Recorded(record: Record, names: Names, zone: Zone, only: Option<UserId>) -> impl IntoView {
    let by = names.name(record.inviter);
    let private = if record.is_private { ", one-to-one" } else { "" };
    let changes = record
        .changes
        .iter()
        .map(|change| {
            view! {
                <span class="hint">{format!("Before {}: ", zone.clock(change.at))} {data(&change.before)}</span>
            }
        })
        .collect_view();
    let closing = record.closed_at.map(|at| {
        let why = record.close_reason.as_deref().map(words::reason);
        let why = why.map(|why| format!(", {why}")).unwrap_or_default();
        view! {
            <span class="hint">
                {format!("Closed {}{why}", zone.clock(at))}
                {record.close_data.as_deref().map(data)}
            </span>
        }
    });
    let rows = record
        .parts
        .iter()
        .filter(|part| only.is_none_or(|user| user == part.user || user == record.inviter))
        .map(|part| row(part, &names, &zone))
        .collect_view();
    view! {
        <div class="scroll">
            <table class="stack">
                <caption>
                    {format!("{}{private}, {} by ", words::kind(&record), zone.clock(record.asked_at))}
                    <bdi>{by}</bdi>
                    {format!(", {}", words::terms(&record))}
                    {data(&record.data)}
                    {changes}
                    {closing}
                </caption>
                <thead>
                    <tr>
                        <th scope="col">"Invited"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Asked"</th>
                        <th scope="col">"Answered or closed"</th>
                        <th scope="col">"Over"</th>
                        <th scope="col">"Reason"</th>
                        <th scope="col">"Data"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn row(part: &Part, names: &Names, zone: &Zone) -> impl IntoView + use<> {
    let name = names.name(part.user);
    let over = part.ended_at.map(|at| zone.clock(at));
    let by = part.ended_by.filter(|by| *by != part.user).map(|by| names.name(by));
    view! {
        <tr>
            <th scope="row">
                <bdi>{name}</bdi>
            </th>
            <td data-label="State">{words::state(part.state)}</td>
            <td data-label="Asked">{zone.clock(part.asked_at)}</td>
            <td data-label="Answered or closed">{part.settled_at.map(|at| zone.clock(at))}</td>
            <td data-label="Over">
                {over}
                {by
                    .map(|by| {
                        view! {
                            " by "
                            <bdi>{by}</bdi>
                        }
                    })}
            </td>
            <td data-label="Reason">
                {part.reason.as_deref().map(|reason| view! { <bdi>{words::reason(reason)}</bdi> })}
            </td>
            <td data-label="Data">
                {part.data.as_deref().map(data)}
                {part.end_data.as_deref().map(data)}
            </td>
        </tr>
    }
}

fn data(data: &str) -> Option<impl IntoView + use<>> {
    let data = (!data.is_empty()).then(|| data.to_owned())?;
    Some(view! { <code class="data" dir="auto">{data}</code> })
}
