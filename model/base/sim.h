/* SPDX-License-Identifier: Apache-2.0
 *
 * sim.h - what every room shares: result codes, the check of our own invariants, container_of.
 *
 * A function that can fail for a reason outside the simulator returns 0 or a negative SIM_E code and
 * says what happened in a struct diag (base/diag.h).  Faults of the modelled system are values, never
 * codes.  SIM_CHECK is for our own mistakes only: it prints the place and the values and aborts.  A
 * simulation that runs in this thread adds its time and component.
 */
#ifndef BASE_SIM_H
#define BASE_SIM_H
#include <stddef.h>
#include <stdint.h>

enum {
    SIM_OK        = 0,
    SIM_EINPUT    = -1,   /* the user's file, option or trace is wrong                */
    SIM_EENV      = -2,   /* disk full, no permission, no memory                       */
    SIM_ECHECK    = -3,   /* a comparison failed                                       */
    SIM_EINTERNAL = -4,   /* ours                                                      */
};

#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Where a failed check stands in simulated time: what runs sets it, and sets back what it found. */
struct sim_place {
    void (*describe)(const struct sim_place *p, char *buf, size_t size);
};
extern _Thread_local const struct sim_place *sim_check_place;

_Noreturn void sim_check_failed(const char *file, int line, const char *cond, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#define SIM_CHECK(cond, ...)                                                                       \
    do {                                                                                           \
        if (__builtin_expect(!(cond), 0))                                                          \
            sim_check_failed(__FILE__, __LINE__, #cond, __VA_ARGS__);                              \
    } while (0)

#endif
