;; Shares its memory with threads.
;; world: none
;; call: load
;; error: cannot load NAME: failed to parse WebAssembly module: threads must be enabled for shared memories (at offset 0x15)
(component (core module (memory 1 1 shared)))
