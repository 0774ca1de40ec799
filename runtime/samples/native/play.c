/* Plays an episode with a bundle in its simulator, by its policy or by planning, then dreams: play BUNDLE [SEED]. */
#include <stdio.h>
#include <stdlib.h>
#include "worldmodels.h"

/* Ends the program with the library's text where a call fails. */
static void check(wm_status status) {
    if (status != WM_OK) {
        fprintf(stderr, "error %d: %s\n", (int)status, wm_last_error());
        exit(1);
    }
}

int main(int count, char **arguments) {
    if (count < 2) {
        fprintf(stderr, "usage: play BUNDLE [SEED]\n");
        return 2;
    }
    uint64_t seed = count > 2 ? strtoull(arguments[2], NULL, 10) : 0;

    wm_model model;
    wm_options options = {.struct_size = sizeof options, .deterministic = 1};
    check(wm_load(arguments[1], &options, &model));

    /* The simulator that it was trained in, by its name in the bundle. */
    char name[64];
    wm_env env;
    wm_info info = {.struct_size = sizeof info};
    wm_space seen = {.struct_size = sizeof seen}, done = {.struct_size = sizeof done};
    check(wm_get_info(model, &info));
    check(wm_text(model, WM_ENVIRONMENT, name, sizeof name, NULL));
    check(wm_env_make(name, info.action_repeat, &env));
    check(wm_env_observation_space(env, &seen));
    check(wm_env_action_space(env, &done));
    float *observation = malloc(seen.elements * sizeof *observation), *action = malloc(done.elements * sizeof *action);
    int64_t choice;

    wm_step step = {0};
    double sum = 0;
    int steps = 0;
    check(wm_env_reset(env, &seed, observation, seen.elements));
    while (!step.terminated && !step.truncated) {
        if (done.kind == WM_DISCRETE)
            check(wm_act_discrete(model, observation, seen.elements, &choice, 1));
        else if (info.can_act)
            check(wm_act(model, observation, seen.elements, action, done.elements));
        else
            check(wm_plan(model, observation, seen.elements, action, done.elements));
        if (done.kind == WM_DISCRETE)
            check(wm_env_step_discrete(env, choice, observation, seen.elements, &step));
        else
            check(wm_env_step(env, action, done.elements, observation, seen.elements, &step));
        sum += step.reward;
        steps++;
    }
    printf("%s: %d actions, return %.3f\n", name, steps, sum);

    if (info.can_dream) {
        enum { BATCH = 16, HORIZON = 15 };
        float rewards[HORIZON * BATCH];
        wm_dream_request dream = {
            .struct_size = sizeof dream, .batch = BATCH, .horizon = HORIZON, .seed = seed, .rewards = {rewards, HORIZON * BATCH},
        };
        check(wm_dream(model, &dream));
        double mean = 0;
        for (int i = 0; i < HORIZON * BATCH; i++)
            mean += rewards[i] / BATCH;
        printf("dreamed return of %d steps: %.4f\n", HORIZON, mean);
    }
    free(observation);
    free(action);
    check(wm_env_close(env));
    check(wm_close(model));
    return 0;
}
