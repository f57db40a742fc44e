/* SPDX-License-Identifier: Apache-2.0
 *
 * names.h - results of translations in words, with the names of each architecture's manual.
 */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H
#include "system/system.h"
#include "workloads/device/expect.h"

enum { CLI_TEXT = 96 };

/* "F_TRANSLATION", "LGN.2 write without permission"; "fault 0x99" if it has no name. */
const char *cli_fault_name(enum system_arch arch, unsigned code, char buf[CLI_TEXT]);

/* "in", "table", "cd" of a fault; "" where the architecture has no class. */
const char *cli_fault_class(enum system_arch arch, const struct xl_result *r);

/* "0x41200000", "bypass", "F_TRANSLATION". */
const char *cli_result_text(enum system_arch arch, const struct xl_result *r, char buf[CLI_TEXT]);

/* One side of a row of expect.h: an outcome, an address, a fault, hit or miss, a number. */
const char *cli_expect_text(enum system_arch arch, enum expect_kind kind, uint64_t value,
                            char buf[CLI_TEXT]);

#endif
