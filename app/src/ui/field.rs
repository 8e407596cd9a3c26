//! A text field with its label, and beside it what is wrong with what was typed.

use leptos::prelude::*;

use super::problem::explained;
use crate::trouble::Trouble;

/// What is typed into a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// The name of somebody or something.
    Name,
    /// A class's code.
    Code,
    /// A password.
    Password,
}

impl Typed {
    const fn class(self) -> &'static str {
        match self {
            Self::Name | Self::Password => "",
            Self::Code => "code",
        }
    }

    const fn input_type(self) -> &'static str {
        match self {
            Self::Name | Self::Code => "text",
            Self::Password => "password",
        }
    }

    const fn capitals(self) -> &'static str {
        match self {
            Self::Name => "words",
            Self::Code => "characters",
            Self::Password => "off",
        }
    }

    /// The most UTF-16 units, which is how browsers count; the server counts characters.
    const fn longest(self) -> &'static str {
        match self {
            Self::Name => "128",
            Self::Code | Self::Password => "256",
        }
    }
}

/// A text field.
#[component]
pub fn Field(
    /// The field's name in the form.
    name: &'static str,
    /// What the field is for.
    label: &'static str,
    /// What is typed into it.
    typed: Typed,
    /// What was typed before.
    #[prop(optional)]
    value: String,
    /// What is wrong with it.
    problem: Option<Trouble>,
    /// A word for the browser's memory.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// What one may want to know before typing.
    #[prop(optional)]
    hint: Option<&'static str>,
) -> impl IntoView {
    let problem_id = format!("{name}-problem");
    let hint_id = format!("{name}-hint");
    let described_by = [problem.map(|_| &problem_id), hint.map(|_| &hint_id)];
    let described_by = described_by.into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    let described_by = (!described_by.is_empty()).then_some(described_by);
    view! {
        <div class="field" class:wrong=problem.is_some()>
            <label for=name>{label}</label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            {problem.map(|problem| {
                view! {
                    <p class="problem" id=problem_id role="alert">
                        {explained(problem)}
                    </p>
                }
            })}
            <input
                id=name
                name=name
                type=typed.input_type()
                class=typed.class()
                value=value
                required
                maxlength=typed.longest()
                autocomplete=autocomplete
                autocapitalize=typed.capitals()
                spellcheck="false"
                aria-invalid=problem.map(|_| "true")
                aria-describedby=described_by
                autofocus=problem.is_some() || typed == Typed::Password
            />
        </div>
    }
}
