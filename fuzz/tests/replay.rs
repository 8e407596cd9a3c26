//! Everything that a fuzzer found worth keeping, without the fuzzer.

use std::path::Path;

#[test]
fn nothing_that_comes_from_outside_breaks_what_reads_it() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in fuzz::TARGETS {
        let files = std::fs::read_dir(corpus.join(name)).expect("the target's folder");
        let mut inputs = 0;
        for file in files {
            let path = file.expect("an entry").path();
            eprintln!("{}", path.display());
            target(&std::fs::read(path).expect("a file"));
            inputs += 1;
        }
        assert!(inputs > 0, "{name} has no inputs");
    }
}
