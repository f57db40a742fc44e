-- SPDX-License-Identifier: Apache-2.0
--
-- What was measured by Neugebauer et al. (SIGCOMM 2018), from their raw data, against the window's pages:
--     latency     mean ns of one 64-byte read, IOMMU on, data in the cache before
--     read, write millions of 64-byte transfers a second
--     read ratio, write ratio   Broadwell; rate at 16384 pages over that at 64; x is the size in bytes
CREATE TABLE measured (machine TEXT, what TEXT, x INTEGER, value REAL);
CREATE TEMP TABLE wide (machine TEXT, what TEXT, xs TEXT, vals TEXT);
INSERT INTO wide VALUES
 ('broadwell', 'latency', '[64,128,256,384,512,768,1024,2048,4096,8192,16384]',
                          '[433,456,589,633,655,676,692,704,714,730,755]'),
 ('haswell', 'latency', '[64,128,256,384,512,768,1024,2048,4096,8192,16384]',
                        '[428,444,551,586,604,622,630,644,656,683,697]'),
 ('ivy-bridge', 'latency', '[64,128,256,384,512,768,1024,2048,4096,8192,16384]',
                           '[438,444,591,640,664,689,701,720,738,766,780]'),
 ('sandy-bridge', 'latency', '[64,128,256,384,512,768,1024,2048,4096,8192,16384]',
                             '[435,437,557,597,617,637,647,664,679,708,723]'),
 ('broadwell', 'write', '[64,128,256,384,512,768,1024,2048,4096,16384]',
                        '[47.4,47.4,37.9,29.5,26.5,24.1,23.3,22.4,22.1,21.9]'),
 ('haswell', 'write', '[64,128,256,384,512,768,1024,2048,4096,16384]',
                      '[47.4,47.4,40.0,30.8,27.8,25.4,24.4,23.2,22.4,21.8]'),
 ('ivy-bridge', 'write', '[64,128,256,384,512,768,1024,2048,4096,16384]',
                         '[47.4,47.4,36.4,27.3,24.6,22.5,21.5,20.0,19.3,18.8]'),
 ('broadwell', 'read', '[64,128,256,384,512,768,1024,4096,16384]',
                       '[65.6,44.7,30.0,25.7,23.8,21.7,21.0,19.4,19.2]'),
 ('haswell', 'read', '[64,128,256,384,512,768,1024,4096,16384]',
                     '[65.7,48.8,31.5,26.2,24.1,22.3,21.5,20.0,19.6]'),
 ('ivy-bridge', 'read', '[64,128,256,384,512,768,1024,4096,16384]',
                        '[64.6,63.0,30.1,24.6,22.4,20.5,19.7,18.2,17.9]'),
 ('broadwell', 'read ratio',  '[64,128,256,512]', '[0.29,0.44,0.70,0.98]'),
 ('broadwell', 'write ratio', '[64,128,256,512]', '[0.46,0.55,0.90,1.00]');
INSERT INTO measured
    SELECT machine, what, x.value, v.value FROM wide, json_each(xs) x, json_each(vals) v WHERE x.key = v.key;

-- What comes out: one row a criterion, in the order in which they were judged.
CREATE TABLE verdict (n INTEGER PRIMARY KEY, criterion TEXT, what TEXT, expected TEXT, simulated TEXT,
                      allowed TEXT, ok INTEGER);
-- The curves, for plots and tables.
CREATE TABLE curve (experiment TEXT, series TEXT, x REAL, value REAL);
