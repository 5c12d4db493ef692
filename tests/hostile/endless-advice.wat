;; Thinks about its advice without end.
;; world: environment
;; call: advise
;; error: NAME: advise exceeded its fuel limit (200000000); fix the component or raise `limits.fuel`
(module
  (func (export "memloom:agent/environment@0.2.0#advise") (param i32 i32 i64) (result i32)
    (loop (br 0))
    (i32.const 64)))
