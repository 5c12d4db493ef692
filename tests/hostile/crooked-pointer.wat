;; Returns a result at an odd address.
;; world: bank
;; call: get-stats
;; error: NAME: get-stats trapped: return pointer not aligned
(module
  (func (export "memloom:agent/bank@0.2.0#get-stats") (result i32)
    (i32.const 2049)))
