-- SPDX-License-Identifier: Apache-2.0
-- A hit takes two cycles, 4 ns, whatever is outstanding; the ninth miss of a round shuts the channel.
CREATE TEMP VIEW hits AS
SELECT burst, under, shut, sum(c.sum_ps) / 1e3 / sum(CASE WHEN cause = 'lookup' THEN count END) AS ns,
       (SELECT sum(count) FROM d.latency_class m WHERE m.run_id = x.run AND m.class LIKE 'walk%' AND m.cause = 'lookup') AS misses
FROM x JOIN d.latency_class c ON c.run_id = x.run AND c.class = 'tlb-hit' GROUP BY x.run;
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A19', printf('hits behind %d misses of one TBU', burst), '4.00 ns, never shut', printf('%.2f ns, %d times', ns, shut), 'exact',
       ns = 4 AND shut = 0 FROM hits WHERE under = 8 AND burst <= 8 ORDER BY burst;
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A19', printf('hits behind %d misses', burst), printf('some wait; shut %d times', misses / burst),
       printf('%.2f ns; %d times', ns, shut), 'exact', ns > 4 AND shut = misses / burst FROM hits WHERE under = 8 AND burst = 9;
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A19', printf('hits behind %d misses, nothing shut by misses', burst), '4.00 ns', printf('%.2f ns', ns), 'exact', ns = 4
FROM hits WHERE under = 65535 AND burst >= 9 ORDER BY burst;
