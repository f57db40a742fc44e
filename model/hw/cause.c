/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/cause.h"

#define NAME(N, name, help) [CAUSE_##N] = name,
#define HELP(N, name, help) [CAUSE_##N] = help,

const char *const cause_name[CAUSE_COUNT] = { CAUSES(NAME) };
const char *const cause_help[CAUSE_COUNT] = { CAUSES(HELP) };
