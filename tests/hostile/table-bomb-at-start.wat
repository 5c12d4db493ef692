;; Starts with ten million table elements.
;; world: bank
;; call: load
;; error: NAME is a memory bank that cannot run here: NAME: instantiate exceeded its table_elements limit (100000); fix the component or raise `limits.table_elements`
(module
  (table 10000000 funcref))
