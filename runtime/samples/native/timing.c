/* How long a bundle takes from C: timing BUNDLE [ACTIONS]. Loading, the first action, median and 99th percentile of others. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "worldmodels.h"

static double now(void) {
    struct timespec time;
    timespec_get(&time, TIME_UTC);
    return time.tv_sec * 1e6 + time.tv_nsec * 1e-3; /* microseconds */
}

static int ascending(const void *a, const void *b) {
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

static wm_status act(wm_model model, int32_t kind, const float *observation, size_t seen, float *action, size_t done) {
    int64_t choice;
    return kind == WM_DISCRETE ? wm_act_discrete(model, observation, seen, &choice, 1) : wm_act(model, observation, seen, action, done);
}

int main(int count, char **arguments) {
    int actions = count > 2 ? atoi(arguments[2]) : 10000;
    if (count < 2 || actions < 1) {
        fprintf(stderr, "usage: timing BUNDLE [ACTIONS]\n");
        return 2;
    }
    double start = now();
    const char *version = wm_version();
    double begun = now();
    wm_model model;
    wm_space seen = {.struct_size = sizeof seen}, done = {.struct_size = sizeof done};
    if (!version || wm_load(arguments[1], NULL, &model)) {
        fprintf(stderr, "%s\n", wm_last_error());
        return 1;
    }
    double loaded = now();
    wm_observation_space(model, &seen);
    wm_action_space(model, &done);
    float *observation = calloc(seen.elements, sizeof *observation), *action = calloc(done.elements, sizeof *action);
    double *times = calloc(actions, sizeof *times);
    double before = now();
    wm_status status = act(model, done.kind, observation, seen.elements, action, done.elements);
    double first = now() - before;
    for (int i = 0; i < actions && status == WM_OK; i++) {
        before = now();
        status = act(model, done.kind, observation, seen.elements, action, done.elements);
        times[i] = now() - before;
    }
    if (status != WM_OK) {
        fprintf(stderr, "%s\n", wm_last_error());
        return 1;
    }
    qsort(times, actions, sizeof *times, ascending);
    printf("engines begun %.1f ms, loaded %.1f ms, first action %.0f us, then median %.1f us, p99 %.1f us\n", (begun - start) / 1000,
           (loaded - begun) / 1000, first, times[actions / 2], times[actions * 99 / 100]);
    free(observation);
    free(action);
    free(times);
    return wm_close(model);
}
