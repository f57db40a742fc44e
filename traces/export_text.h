/* SPDX-License-Identifier: Apache-2.0
 *
 * export_text.h - a trace as text: a line per record, key=value, for people and scripts.
 *
 * docs/trace-format.md has the grammar.  Lines that begin with '#' describe the trace and its streams.
 */
#ifndef TRACES_EXPORT_TEXT_H
#define TRACES_EXPORT_TEXT_H
#include <stdio.h>

#include "traces/trace_tools.h"

/* Writes all records.  0; SIM_EINPUT if the trace is damaged (what stands before has been written); SIM_EENV
 * if `to` cannot be written, of which `name` tells. */
int export_text(struct trace_reader *r, FILE *to, const char *name, const struct trace_watch *watch,
                struct diag *d);

#endif
