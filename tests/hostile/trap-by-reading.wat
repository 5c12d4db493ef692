;; Reads beyond its memory.
;; world: bank
;; call: end-session
;; error: NAME: end-session trapped: wasm trap: out of bounds memory access
(module
  (func (export "memloom:agent/bank@0.2.0#end-session") (param i32 i32 i32)
    (drop (i32.load (i32.const -8)))))
