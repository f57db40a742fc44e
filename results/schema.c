/* SPDX-License-Identifier: Apache-2.0 */
#include "results/schema.h"

/* The build gives the place of schema.sql and rebuilds this file when it changes. */
__asm__(".pushsection .rodata\n"
        ".global results_schema\n"
        "results_schema:\n"
        ".incbin \"" RESULTS_SCHEMA_SQL "\"\n"
        ".byte 0\n"
        ".popsection\n");

#define TABLE_NAME(name, columns) #name,
#define TABLE_COLUMNS(name, columns) columns,

const char *const results_table_name[TABLE_COUNT] = { RESULTS_TABLES(TABLE_NAME) };
const int results_table_columns[TABLE_COUNT] = { RESULTS_TABLES(TABLE_COLUMNS) };
