
/** What is loaded or being loaded, by name. */
const loads = new Map();

/** Loads something once; what failed is tried anew by whoever asks next. */
function once(name, load) {
    let loading = loads.get(name);
    if (loading === undefined) {
        loading = load();
        loads.set(name, loading);
        loading.catch(() => loads.delete(name));
    }
    return loading;
}

const compile = (name) => WebAssembly.compileStreaming(fetch(new URL(`./${name}-${BUILD}.wasm`, import.meta.url)));

const instantiate = (code) => WebAssembly.instantiate(code, getSharedImports());

/** Loads a part, and before it the chunks that it needs: some lie in sections of the part itself. */
function part(name, within, beside) {
    return wrapAsyncCb(() => once(name, async () => {
        const module = compile(name);
        await Promise.all([
            ...within.map((chunk) => once(chunk, async () => {
                const [code] = WebAssembly.Module.customSections(await module, chunk);
                await instantiate(code);
            })),
            ...beside.map((chunk) => once(chunk, async () => instantiate(await compile(chunk)))),
        ]);
        await instantiate(await module);
    }));
}

