;; Returns a result beyond its memory.
;; world: bank
;; call: get-stats
;; error: NAME: get-stats trapped: pointer out of bounds of memory
(module
  (func (export "memloom:agent/bank@0.2.0#get-stats") (result i32)
    (i32.const -16)))
