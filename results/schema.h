/* SPDX-License-Identifier: Apache-2.0
 *
 * schema.h - results/schema.sql inside the program, and its tables in a list.
 *
 * T(name, columns after run_id).  A test holds the list against the schema.
 */
#ifndef RESULTS_SCHEMA_H
#define RESULTS_SCHEMA_H

#define RESULTS_TABLES(T)                                                                          \
    T(point,         2)                                                                            \
    T(param,         3)                                                                            \
    T(counter,       4)                                                                            \
    T(histogram,     6)                                                                            \
    T(distribution, 11)                                                                            \
    T(latency_class, 5)                                                                            \
    T(interval,      4)                                                                            \
    T(fault,         8)                                                                            \
    T(stale,         8)                                                                            \
    T(mismatch,      5)                                                                            \
    T(cosim_latency, 10)                                                                           \
    T(cosim_mismatch, 8)                                                                           \
    T(cosim_coverage, 4)                                                                           \
    T(cosim_bin,     2)

#define RESULTS_TABLE_ENUM(name, columns) TABLE_##name,
enum results_table_id { RESULTS_TABLES(RESULTS_TABLE_ENUM) TABLE_COUNT };

enum { RESULTS_APPLICATION_ID = 0x494d5342 };   /* "IMSB", as in schema.sql */

extern const char *const results_table_name[TABLE_COUNT];
extern const int         results_table_columns[TABLE_COUNT];
extern const char        results_schema[];       /* schema.sql as text */

#endif
