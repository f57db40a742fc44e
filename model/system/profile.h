/* SPDX-License-Identifier: Apache-2.0
 *
 * profile.h - a named set of parameters: one YAML file, perhaps on top of another one.
 *
 *     arch:  smmuv3                     smmuv3 or vtd; may be left to the base
 *     about: two words for a list
 *     base:  server-smmu                its parameters first, then those below
 *     imitates: qemu 10.0               whose logs this profile can meet lookup by lookup; may be the base's
 *     smmu:
 *       tbu: { tlb: { ways: 8 } }       every other key is a parameter's path (iommusim info params)
 *
 * Profiles stand in one directory as NAME.yaml; a file given by path finds its base there too, or, if the
 * base is written with a '/' or as *.yaml, beside itself.  All errors of all files are told at once.
 */
#ifndef SYSTEM_PROFILE_H
#define SYSTEM_PROFILE_H
#include "base/param.h"
#include "system/system.h"

enum { PROFILE_BASES_MAX = 8 };

struct profile {
    char name[64];                     /* "qemu10"; of a file its name without directory and .yaml */
    char about[200];
    char imitates[64];                 /* part of a trace's source; "": no particular one */
    enum system_arch arch;
    struct system_config *config;      /* owned */
};

/* Sections beside the system's own that a profile may set, "host" and "replay" say.  Their words get
 * their defaults, then the profile's values. */
struct profile_extra {
    const char *path;
    const struct param_row *row;
    size_t n;
    uint64_t *word;
};

/* `which` is a profile's name in `dir`, or, with is_file, the path of a file.  p is to be destroyed in any
 * case.  0 or SIM_E. */
int  profile_load(struct profile *p, const char *dir, const char *which, bool is_file,
                  const struct profile_extra *extra, size_t n_extra, struct diag *d);
void profile_destroy(struct profile *p);

/* What a list shows: name, about and arch, without the parameters; config stays NULL. */
int profile_peek(struct profile *p, const char *dir, const char *name, struct diag *d);

/* The names in `dir`, sorted; freed with profile_names_free. */
char **profile_names(const char *dir, size_t *n);
void   profile_names_free(char **names, size_t n);

const char *profile_arch_name(enum system_arch arch);          /* "smmuv3", "vtd" */
enum system_arch profile_arch(const char *name);               /* SYSTEM_NONE if unknown */

#endif
