//! Dead-code elimination before the WASM is split: functions that a release never needs become a trap.
//!
//! What only they used is left out by the splitter, which follows the linker's relocations from what the page
//! calls to functions, tables of functions and data; after it, nobody knows any more what uses what. A release
//! that breaks traps without a sentence, as it would with the compiler's `panic=immediate-abort`, which is not
//! stable: 16 KB of a student's room (`docs/PERFORMANCE.md`). The page sees the trap, and becomes the plain one.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use anyhow::{Context, Result};
use wasmparser::{
    BinaryReader, ExternalKind, FunctionBody, KnownCustom, Linking, Name, NameSectionReader,
    Operator, Parser, Payload, RelocSectionReader, RelocationType, SymbolInfo, TypeRef,
};

/// How the functions begin that end a program which has broken.
const PANICS: [&str; 15] = [
    "alloc::alloc::handle_alloc_error",
    "alloc::raw_vec::capacity_overflow",
    "alloc::raw_vec::handle_error",
    "core::cell::lazy::panic_poisoned",
    "core::cell::panic_already_borrowed",
    "core::cell::panic_already_mutably_borrowed",
    "core::option::expect_failed",
    "core::option::unwrap_failed",
    "core::panicking::",
    "core::result::unwrap_failed",
    "core::slice::index::slice_index_fail",
    "core::slice::sort::shared::smallsort::panic_on_ord_violation",
    "core::str::slice_error_fail",
    "std::panicking::begin_panic",
    "std::thread::local::panic_access_error",
];

/// How those end that stand in generic code.
const PANICS_IN: [&str; 3] =
    ["::insert::assert_failed", "::len_mismatch_fail", "::remove::assert_failed"];

/// How the names begin of what a library (wasm-streams) exports for classes of JavaScript that no page uses.
const UNUSED: &str = "intounderlying";

/// A module whose panics and unused exports trap at once.
///
/// # Errors
/// When it is no module, or was linked without `--emit-relocs`.
pub fn at_once(wasm: &[u8]) -> Result<Vec<u8>> {
    let module = Linked::read(wasm)?;
    let of_code = module.of_code.as_ref().context("the linker has left no relocations")?;
    let mut changed = wasm.to_vec();
    // What no relocation is for any more: whole functions, and constants.
    let mut trapped: Vec<Range<usize>> = Vec::new();
    let mut constants = HashSet::new();
    for (body, function) in module.bodies.iter().zip(module.imported..) {
        if module.traps.contains(&function) {
            // As long as before: relocations count in bytes.
            changed[body.clone()].fill(NOP);
            changed[body.start] = NO_LOCALS;
            changed[body.start + 1] = UNREACHABLE;
            changed[body.end - 1] = END;
            trapped.push(body.clone());
        } else {
            constants.extend(module.handed_to_traps(wasm, body)?);
        }
    }
    let is_trapped = |at: usize| {
        let next = trapped.partition_point(|body| body.end <= at);
        trapped.get(next).is_some_and(|body| body.contains(&at))
    };
    let locations = module.locations(wasm)?;
    for entry in of_code.entries.entries() {
        let entry = entry?;
        let at = module.code + entry.offset as usize;
        let is_location = locations.contains(&entry.index);
        if entry.ty == RelocationType::MemoryAddrSleb && is_location && !is_trapped(at) {
            constants.insert(at);
        }
    }
    for at in &constants {
        changed[*at..at + ZERO.len()].copy_from_slice(&ZERO);
    }
    let mut shrunk = changed[..of_code.section.start].to_vec();
    shrunk.extend(of_code.without(wasm, |offset| {
        let at = module.code + offset;
        is_trapped(at) || constants.contains(&at)
    })?);
    shrunk.extend_from_slice(&changed[of_code.section.end..]);
    Ok(shrunk)
}

const NO_LOCALS: u8 = 0;
const UNREACHABLE: u8 = 0x00;
const NOP: u8 = 0x01;
const END: u8 = 0x0b;
/// A zero as long as linkers write a constant.
const ZERO: [u8; 5] = [0x80, 0x80, 0x80, 0x80, 0x00];

/// What is to be known of a module that the linker has made.
#[derive(Default)]
struct Linked<'a> {
    /// How many functions are imported; the first of its own comes after them.
    imported: u32,
    /// Where the content of the code section begins: its relocations count from there.
    code: usize,
    bodies: Vec<Range<usize>>,
    of_code: Option<Relocations<'a>>,
    /// The same of the data section.
    data: usize,
    segments: Vec<Range<usize>>,
    of_data: Option<RelocSectionReader<'a>>,
    symbols: Vec<SymbolInfo<'a>>,
    /// The functions that are to trap.
    traps: HashSet<u32>,
}

impl<'a> Linked<'a> {
    fn read(wasm: &'a [u8]) -> Result<Self> {
        let mut module = Self::default();
        let mut start = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            let end = payload.as_section().map_or(start, |(_, range)| range.end);
            match payload {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        module.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        let name = export.name.trim_start_matches("__wbg_");
                        if name.starts_with(UNUSED) && export.kind == ExternalKind::Func {
                            module.traps.insert(export.index);
                        }
                    }
                }
                Payload::DataSection(segments) => {
                    module.data = segments.range().start;
                    for segment in segments {
                        let segment = segment?;
                        let end = segment.range.end;
                        module.segments.push(end - segment.data.len()..end);
                    }
                }
                Payload::CodeSectionStart { range, .. } => module.code = range.start,
                Payload::CodeSectionEntry(body) => module.bodies.push(body.range()),
                Payload::CustomSection(custom) => {
                    let section = start..custom.range().end;
                    match (custom.as_known(), custom.name()) {
                        (KnownCustom::Name(names), _) => module.find_panics(names)?,
                        (KnownCustom::Reloc(entries), Relocations::OF_CODE) => {
                            module.of_code = Some(Relocations { section, entries });
                        }
                        (KnownCustom::Reloc(entries), "reloc.DATA") => {
                            module.of_data = Some(entries);
                        }
                        (KnownCustom::Linking(parts), _) => {
                            for part in parts.subsections() {
                                if let Linking::SymbolTable(symbols) = part? {
                                    module.symbols =
                                        symbols.into_iter().collect::<Result<_, _>>()?;
                                }
                            }
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
            start = end.max(start);
        }
        Ok(module)
    }

    fn find_panics(&mut self, names: NameSectionReader<'_>) -> Result<()> {
        for part in names {
            let Name::Function(names) = part? else { continue };
            for name in names {
                let name = name?;
                let path = format!("{:#}", rustc_demangle::demangle(name.name));
                let is_panic = PANICS.iter().any(|panic| path.starts_with(panic))
                    || PANICS_IN.iter().any(|panic| path.ends_with(panic));
                if is_panic {
                    self.traps.insert(name.index);
                }
            }
        }
        Ok(())
    }

    /// The constants that a function has for one that traps, by where they stand: whatever comes before such
    /// a call, and not before a branch or another call, is for nothing else.
    fn handed_to_traps(&self, wasm: &[u8], body: &Range<usize>) -> Result<Vec<usize>> {
        let reader = BinaryReader::new(&wasm[body.clone()], body.start);
        let operators = FunctionBody::new(reader).get_operators_reader()?;
        let (mut found, mut before) = (Vec::new(), Vec::new());
        let operators = operators.into_iter_with_offsets();
        let operators = operators.map(|it| it.map(|(operator, at)| (at, operator)));
        for (at, operator) in with_ranges(operators, body.end)? {
            match operator {
                Operator::I32Const { .. } if at.len() == 1 + ZERO.len() => {
                    before.push(at.start + 1);
                }
                Operator::Call { function_index } if self.traps.contains(&function_index) => {
                    found.append(&mut before);
                }
                Operator::Block { .. }
                | Operator::Loop { .. }
                | Operator::If { .. }
                | Operator::Else
                | Operator::End
                | Operator::Br { .. }
                | Operator::BrIf { .. }
                | Operator::BrTable { .. }
                | Operator::Return
                | Operator::Call { .. }
                | Operator::CallIndirect { .. } => before.clear(),
                _ => {}
            }
        }
        Ok(found)
    }

    /// Where a symbol of data is.
    fn place(&self, symbol: u32) -> Option<Range<usize>> {
        let SymbolInfo::Data { symbol: Some(symbol), .. } = self.symbols.get(symbol as usize)?
        else {
            return None;
        };
        let start = self.segments.get(symbol.index as usize)?.start + symbol.offset as usize;
        Some(start..start + symbol.size as usize)
    }

    /// The symbols that are a `core::panic::Location`, which nobody reads but who panics: a pointer to the name
    /// of a file, its length, a line and a column.
    fn locations(&self, wasm: &[u8]) -> Result<HashSet<u32>> {
        let mut pointers = HashMap::new();
        for entry in self.of_data.iter().flat_map(RelocSectionReader::entries) {
            let entry = entry?;
            if entry.ty == RelocationType::MemoryAddrI32 {
                pointers.insert(self.data + entry.offset as usize, entry);
            }
        }
        let is_location = |place: &Range<usize>| {
            let pointer = pointers.get(&place.start)?;
            let length = wasm.get(place.start + 4..place.start + 8)?.try_into().ok()?;
            let name = self.place(pointer.index)?.start + usize::try_from(pointer.addend).ok()?;
            let name = wasm.get(name..name + u32::from_le_bytes(length) as usize)?;
            (place.len() == 16 && name.ends_with(b".rs")).then_some(())
        };
        let symbols = 0..u32::try_from(self.symbols.len())?;
        Ok(symbols
            .filter(|symbol| self.place(*symbol).is_some_and(|at| is_location(&at).is_some()))
            .collect())
    }
}

/// What follows each other up to `end`, each with the bytes that it takes.
fn with_ranges<T>(
    items: impl Iterator<Item = wasmparser::Result<(usize, T)>>,
    end: usize,
) -> wasmparser::Result<Vec<(Range<usize>, T)>> {
    let items: Vec<(usize, T)> = items.collect::<wasmparser::Result<_>>()?;
    let ends: Vec<usize> = items.iter().skip(1).map(|(at, _)| *at).chain([end]).collect();
    Ok(items.into_iter().zip(ends).map(|((at, item), end)| (at..end, item)).collect())
}

/// The relocations of the code section.
struct Relocations<'a> {
    /// Their own section, with its head.
    section: Range<usize>,
    entries: RelocSectionReader<'a>,
}

impl Relocations<'_> {
    const OF_CODE: &'static str = "reloc.CODE";

    /// The section without the entries for some places of the code section.
    fn without(&self, wasm: &[u8], is_left_out: impl Fn(usize) -> bool) -> Result<Vec<u8>> {
        let (mut kept, mut count) = (Vec::new(), 0);
        let entries = self.entries.entries();
        let end = entries.range().end;
        for (at, entry) in with_ranges(entries.into_iter_with_offsets(), end)? {
            if !is_left_out(entry.offset as usize) {
                kept.extend_from_slice(&wasm[at]);
                count += 1;
            }
        }
        let head = [number(self.entries.section_index()), number(count)].concat();
        Ok(custom(Self::OF_CODE, &[head, kept].concat()))
    }
}

/// A section that is no part of the program.
fn custom(name: &str, content: &[u8]) -> Vec<u8> {
    let length = |bytes: usize| number(u32::try_from(bytes).unwrap_or(u32::MAX));
    let named = [&length(name.len()), name.as_bytes(), content].concat();
    [&[0], &*length(named.len()), &named].concat()
}

/// A number as modules have it (LEB128).
fn number(mut value: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push((value & 0x7f) as u8);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `i32.const` of an address, as linkers write it.
    fn address() -> Vec<u8> {
        vec![0x41, 0x88, 0x80, 0x80, 0x80, 0x00]
    }

    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        [&[id], &*number(u32::try_from(content.len()).unwrap()), content].concat()
    }

    fn list(items: &[Vec<u8>]) -> Vec<u8> {
        [number(u32::try_from(items.len()).unwrap()), items.concat()].concat()
    }

    fn sized(bytes: &[u8]) -> Vec<u8> {
        [&*number(u32::try_from(bytes.len()).unwrap()), bytes].concat()
    }

    /// A function of these instructions, with its size before it.
    fn function(instructions: &[u8]) -> Vec<u8> {
        sized(&[&[0], instructions, &[END]].concat())
    }

    /// A module of three functions, of which the first has this name, with a relocation to a symbol for each of
    /// these places in the code section.
    fn module(name: &str, bodies: &[Vec<u8>; 3], relocated: &[(u32, u32)]) -> Vec<u8> {
        // A location at 0, and the name of its file at 16; what is no location at 24.
        let data = [&[16, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0], &b"a.rs\0\0\0\0data"[..]];
        let data = data.concat();
        let symbols = [(0, 16), (16, 4), (24, 4)].map(|(start, size)| {
            [&[1][..], &number(0), &sized(b"it"), &number(0), &number(start), &number(size)]
                .concat()
        });
        let symbols = sized(&list(&symbols));
        let of_code: Vec<Vec<u8>> = relocated
            .iter()
            .map(|(at, symbol)| [&[4][..], &number(*at), &number(*symbol), &[0]].concat())
            .collect();
        // The pointer to the file's name; segments begin after their head.
        let of_data = [&[5][..], &number(6), &number(1), &[0]].concat();
        let names = [&[0][..], &sized(name.as_bytes())].concat();
        [
            b"\0asm\x01\0\0\0".to_vec(),
            section(1, &list(&[vec![0x60, 0, 0]])),
            section(3, &list(&[vec![0], vec![0], vec![0]])),
            section(5, &list(&[vec![0, 1]])),
            section(10, &list(bodies)),
            section(11, &list(&[[&[0, 0x41, 0, END][..], &sized(&data)].concat()])),
            custom("linking", &[&[2][..], &[8], &symbols].concat()),
            custom("reloc.CODE", &[number(3), list(&of_code)].concat()),
            custom("reloc.DATA", &[number(4), list(&[of_data])].concat()),
            custom("name", &[&[1][..], &sized(&list(&[names]))].concat()),
        ]
        .concat()
    }

    /// The bodies, and the places that are relocated still.
    fn look(wasm: &[u8]) -> (Vec<Vec<u8>>, Vec<u32>) {
        wasmparser::Validator::new().validate_all(wasm).expect("a module");
        let module = Linked::read(wasm).expect("a module");
        let bodies = module.bodies.iter().map(|body| wasm[body.clone()].to_vec()).collect();
        let entries = module.of_code.expect("relocations").entries.entries();
        (bodies, entries.into_iter().map(|entry| entry.expect("an entry").offset).collect())
    }

    const PANIC: &str = "_ZN4core9panicking5panic17h0123456789abcdefE";
    const DROP: u8 = 0x1a;

    #[test]
    fn who_panics_traps_and_nothing_is_made_for_it() {
        let panics = function(&[address(), vec![DROP]].concat());
        let calls = function(&[address(), vec![DROP, 0x10, 0]].concat());
        let other = function(&[address(), vec![DROP, 0x10, 1]].concat());
        // Each body has its length and its locals before its first constant.
        let places = [4, 14, 26];
        let bodies = [panics, calls, other.clone()];
        let wasm = module(PANIC, &bodies, &places.map(|at| (at, 2)));
        assert_eq!(look(&wasm).1, places);

        let (shrunk, relocated) = look(&at_once(&wasm).expect("a module"));
        let trap = [&[NO_LOCALS, UNREACHABLE][..], &[NOP; 6], &[END]].concat();
        let called = [&[0, 0x41][..], &ZERO, &[DROP, 0x10, 0, END]].concat();
        assert_eq!(shrunk, [trap, called, other[1..].to_vec()]);
        assert_eq!(relocated, places[2..]);
    }

    #[test]
    fn locations_are_left_out_and_other_data_is_not() {
        let body = function(&[address(), vec![DROP]].concat());
        let wasm = module("main", &[body.clone(), body.clone(), body], &[(4, 0), (14, 1), (24, 2)]);
        let (shrunk, relocated) = look(&at_once(&wasm).expect("a module"));
        assert_eq!(shrunk[0], [&[0, 0x41][..], &ZERO, &[DROP, END]].concat());
        assert_eq!(shrunk[1], shrunk[2]);
        assert_eq!(relocated, [14, 24]);
    }

    #[test]
    fn a_module_without_relocations_is_refused() {
        let error = at_once(b"\0asm\x01\0\0\0").unwrap_err();
        assert_eq!(error.to_string(), "the linker has left no relocations");
        assert!(at_once(b"no module").is_err());
    }

    #[test]
    fn numbers_are_written_in_groups_of_seven_bits() {
        for (value, bytes) in
            [(0, &[0][..]), (0x7f, &[0x7f]), (0x80, &[0x80, 1]), (300, &[0xac, 2])]
        {
            assert_eq!(number(value), bytes);
        }
    }
}
