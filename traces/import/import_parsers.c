/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/import.h"

extern const struct import_parser import_smmuv3, import_vtd, import_ftrace, import_script;

const struct import_parser *const import_parsers[] = {
    &import_script,
    &import_smmuv3,
    &import_vtd,
    &import_ftrace,
    NULL,
};
