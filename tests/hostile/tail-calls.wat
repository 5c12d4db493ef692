;; Calls without end and without stack.
;; world: none
;; call: load
;; error: cannot load NAME: failed to compile: wasm[0]::function[0]::f: WebAssembly translation error: Invalid input WebAssembly code at offset 33: tail calls support is not enabled
(component (core module (func $f (return_call $f))))
