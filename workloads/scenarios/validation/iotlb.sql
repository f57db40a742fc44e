-- SPDX-License-Identifier: Apache-2.0
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A10', 'miss ratio = 1 - E/256, IOTLB of 32 to 224 entries', '1 - E/256',
       printf('%.4f off at most', max(abs(miss - (1 - ways / 256.0)))), '0.01', max(abs(miss - (1 - ways / 256.0))) <= 0.01
FROM x WHERE ways < 256;
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A10', 'misses with 256 entries and more', '0', printf('%d of %d', sum(lookups - hits), sum(lookups)), '0',
       sum(lookups - hits) = 0 FROM x WHERE ways >= 256;
