;; Calls a function by an index that has none.
;; world: bank
;; call: end-session
;; error: NAME: end-session trapped: wasm trap: uninitialized element
(module
  (table 1 funcref)
  (type $f (func))
  (func (export "memloom:agent/bank@0.2.0#end-session") (param i32 i32 i32)
    (call_indirect (type $f) (i32.const 0))))
