/* Every mistake that a host can make is a status and a text: misuse BUNDLE, which acts continuously on 3 numbers, dreams and plans. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "worldmodels.h"

static int failures;

static void expect(int line, wm_status expected, const char *text, wm_status status) {
    if (status == expected && (status == WM_OK || strstr(wm_last_error(), text)))
        return;
    fprintf(stderr, "line %d: expected %d with '%s', got %d: %s\n", line, (int)expected, text, (int)status, wm_last_error());
    failures++;
}
#define EXPECT(expected, text, call) expect(__LINE__, expected, text, call)
#define OK(call) expect(__LINE__, WM_OK, "", call)

static wm_model model;
static float many[1024 * 50];

/* Dreams that last, for the other thread to run into. */
static void *dream_long(void *unused) {
    wm_dream_request dream = {.struct_size = sizeof dream, .batch = 1024, .horizon = 50, .threads = 1, .rewards = {many, 1024 * 50}};
    while (wm_dream(model, &dream) != WM_NO_HANDLE)
        ; /* until it is closed, in the midst of a dream if all is well */
    return unused;
}

static void *other_thread(void *text) {
    strcpy(text, wm_last_error()); /* nothing failed here yet, whatever failed elsewhere */
    return NULL;
}

static void bundles(const char *bundle) {
    wm_options options = {.struct_size = sizeof options};
    wm_model none = 0;
    EXPECT(WM_BAD_ARGUMENT, "'directory' is NULL", wm_load(NULL, NULL, &none));
    EXPECT(WM_BAD_ARGUMENT, "'model' is NULL", wm_load(bundle, NULL, NULL));
    EXPECT(WM_BAD_BUNDLE, "There is no directory 'no/such'", wm_load("no/such", NULL, &none));
    EXPECT(WM_BAD_BUNDLE, "is not a bundle", wm_load("/", NULL, &none));
    options.struct_size = 4;
    EXPECT(WM_BAD_ARGUMENT, "struct_size of 'options' is 4", wm_load(bundle, &options, &none));
    options.struct_size = sizeof options;
    options.rows = -1;
    EXPECT(WM_BAD_ARGUMENT, "'rows' is -1", wm_load(bundle, &options, &none));
    options.rows = 2;
    options.provider = "abacus";
    EXPECT(WM_BAD_BUNDLE, "no execution provider 'abacus'", wm_load(bundle, &options, &none));
    if (none != 0)
        failures++;
    options.provider = NULL;
    OK(wm_load(bundle, &options, &model));
}

static void acting(void) {
    float seen[6] = {1, 0, 0, 1, 0, 0}, action[2], one;
    int64_t choice[2];
    int32_t rows[] = {0, 2};
    EXPECT(WM_BAD_STATE, "before the first wm_act", wm_values(model, action, 2));
    EXPECT(WM_BAD_ARGUMENT, "'observations' is NULL", wm_act(model, NULL, 6, action, 2));
    EXPECT(WM_BAD_ARGUMENT, "'observations' has 5 elements: expected 6", wm_act(model, seen, 5, action, 2));
    EXPECT(WM_BAD_ARGUMENT, "'actions' has 1 elements: expected 2", wm_act(model, seen, 6, &one, 1));
    EXPECT(WM_BAD_ARGUMENT, "call wm_act", wm_act_discrete(model, seen, 6, choice, 2));
    OK(wm_act(model, seen, 6, action, 2));
    OK(wm_values(model, action, 2));
    EXPECT(WM_BAD_BUNDLE, "novel", wm_novelty(model, action, 2));
    EXPECT(WM_BAD_BUNDLE, "task", wm_set_task(model, -1, "fly"));
    EXPECT(WM_BAD_ARGUMENT, "There is no row 2", wm_reset(model, rows, 2));
    seen[1] = 0.0f / (seen[1] * 0.0f);
    EXPECT(WM_BAD_OUTPUT, "row 0", wm_act(model, seen, 6, action, 2));
    seen[1] = 0;
    OK(wm_act(model, seen, 6, action, 2));
    OK(wm_plan(model, seen, 6, action, 2));
    seen[1] = 0.0f / (seen[1] * 0.0f);
    EXPECT(WM_BAD_BUNDLE, "Row 0", wm_plan(model, seen, 6, action, 2));
    seen[1] = 0;
    OK(wm_plan(model, seen, 6, action, 2)); /* which the refused one has not spoilt */
    OK(wm_reset(model, NULL, 0));
}

static void texts_and_spaces(void) {
    wm_space space = {.struct_size = sizeof space};
    wm_info info = {.struct_size = 0};
    char text[4];
    size_t length;
    EXPECT(WM_BAD_ARGUMENT, "'space' is NULL", wm_action_space(model, NULL));
    EXPECT(WM_BAD_ARGUMENT, "struct_size of 'info' is 0", wm_get_info(model, &info));
    EXPECT(WM_BAD_ARGUMENT, "'text' has 4 bytes", wm_text(model, WM_NAME, text, sizeof text, &length));
    EXPECT(WM_BAD_ARGUMENT, "no text of kind 9", wm_text(model, (wm_text_kind)9, text, sizeof text, NULL));
    OK(wm_action_space(model, &space));
    if (space.kind != WM_BOX || space.elements != 1 || space.axes != 1 || space.shape[0] != 1 || space.low != -2 || space.high != 2)
        failures++;
}

static void dreams(void) {
    wm_dream_request dream = {.struct_size = sizeof dream, .batch = 0, .horizon = 3};
    int64_t choices[6];
    float values[6];
    EXPECT(WM_BAD_ARGUMENT, "'request' is NULL", wm_dream(model, NULL));
    EXPECT(WM_BAD_ARGUMENT, "batch 0", wm_dream(model, &dream));
    dream.batch = 2;
    dream.threads = -1;
    EXPECT(WM_BAD_ARGUMENT, "'threads' is -1", wm_dream(model, &dream));
    dream.threads = 0;
    dream.go_on = 1;
    EXPECT(WM_BAD_STATE, "no dream to go on with", wm_dream(model, &dream));
    dream.go_on = 0;
    dream.given_discrete_actions = (wm_longs){choices, 6};
    EXPECT(WM_BAD_ARGUMENT, "given_actions", wm_dream(model, &dream));
    dream.given_discrete_actions = (wm_longs){NULL, 0};
    dream.rewards = (wm_floats){values, 5};
    EXPECT(WM_BAD_ARGUMENT, "'rewards' has 5 elements: expected 6", wm_dream(model, &dream));
    dream.rewards.count = 6;
    OK(wm_dream(model, &dream));
    dream.go_on = 1;
    OK(wm_dream(model, &dream));
}

static void threads(void) {
    char text[256] = "?";
    pthread_t thread;
    pthread_create(&thread, NULL, other_thread, text);
    pthread_join(thread, NULL);
    if (text[0] != 0)
        failures++;

    wm_model other;
    float seen[3] = {1, 0, 0}, seen_twice[6] = {0}, action[2];
    OK(wm_share(model, NULL, &other));
    pthread_create(&thread, NULL, dream_long, NULL);
    wm_status status;
    do
        status = wm_act(model, seen_twice, 6, action, 2); /* until the thread has begun */
    while (status == WM_OK);
    EXPECT(WM_BUSY, "Another thread is using this model", status);
    OK(wm_act(other, seen, 3, action, 1)); /* another handle on the same weights */
    OK(wm_close(model));                   /* in the midst of the dream, which ends first */
    pthread_join(thread, NULL);
    EXPECT(WM_NO_HANDLE, "was closed", wm_close(model));
    EXPECT(WM_NO_HANDLE, "was closed", wm_act(model, seen_twice, 6, action, 2));
    OK(wm_act(other, seen, 3, action, 1)); /* whose weights are still there */
    OK(wm_close(other));
    OK(wm_close(0));
    EXPECT(WM_NO_HANDLE, "There is no handle 1000000", wm_close(1000000));
}

static void simulators(void) {
    wm_env env = 0;
    wm_vector rows;
    wm_step step;
    uint64_t seed = 1;
    float seen[4], both[8], rewards[2];
    uint8_t ended[2], rgb[12];
    int64_t choices[2] = {0, 1};
    EXPECT(WM_BAD_ARGUMENT, "did you mean 'CartPole-v1'", wm_env_make("CartPole-v0", 1, &env));
    EXPECT(WM_BAD_ARGUMENT, "'action_repeat' is -1", wm_env_make("CartPole-v1", -1, &env));
    EXPECT(WM_NO_HANDLE, "no handle 0", wm_env_reset(env, NULL, seen, 4));
    OK(wm_env_make("CartPole-v1", 0, &env));
    EXPECT(WM_NO_HANDLE, "is a simulator", wm_close(env));
    EXPECT(WM_BAD_STATE, "call Reset before Step", wm_env_step_discrete(env, 0, seen, 4, &step));
    EXPECT(WM_BAD_ARGUMENT, "'observation' has 3 elements", wm_env_reset(env, &seed, seen, 3));
    OK(wm_env_reset(env, &seed, seen, 4));
    EXPECT(WM_BAD_ARGUMENT, "'step' is NULL", wm_env_step_discrete(env, 0, seen, 4, NULL));
    EXPECT(WM_BAD_ARGUMENT, "0..1", wm_env_step_discrete(env, 2, seen, 4, &step));
    EXPECT(WM_BAD_ARGUMENT, "wm_env_step_discrete", wm_env_step(env, seen, 1, seen, 4, &step));
    EXPECT(WM_BAD_ARGUMENT, "'rgb' has 12 elements: expected 27", wm_env_render(env, 3, 3, rgb, 12));
    OK(wm_env_render(env, 2, 2, rgb, 12));
    OK(wm_env_close(env));
    EXPECT(WM_NO_HANDLE, "was closed", wm_env_close(env));
    if (wm_env_name(-1) || wm_env_name(wm_env_count()) || strcmp(wm_env_name(0), "minipacman"))
        failures++;

    /* What draws nothing, but observes a picture, shows that; the maze's walls are not black. */
    static float maze[3 * 15 * 19];
    static uint8_t picture[15 * 19 * 3];
    int bright = 0;
    OK(wm_env_make("minipacman", 1, &env));
    OK(wm_env_reset(env, &seed, maze, 3 * 15 * 19));
    OK(wm_env_render(env, 19, 15, picture, sizeof picture));
    for (int i = 0; i < 15 * 19; i++) {
        if (picture[3 * i] != (int)(maze[i] * 255 + 0.5f))
            failures++;
        bright += picture[3 * i] > 0;
    }
    if (bright < 10)
        failures++;
    OK(wm_env_close(env));

    wm_arrivals arrivals = {both, 8, rewards, ended, NULL, 2};
    EXPECT(WM_BAD_ARGUMENT, "'rows' is 0", wm_vector_make("cartpole", 0, 1, &rows));
    EXPECT(WM_BAD_ARGUMENT, "1 to 1000000", wm_vector_make("cartpole", 2000000000, 1, &rows));
    OK(wm_vector_make("cartpole", 2, 1, &rows));
    OK(wm_vector_reset(rows, 1, both, 8));
    EXPECT(WM_BAD_ARGUMENT, "'truncated' is NULL", wm_vector_step_discrete(rows, choices, 2, &arrivals));
    EXPECT(WM_BAD_ARGUMENT, "There is no row 2", wm_vector_final_observation(rows, 2, seen, 4));
    OK(wm_vector_close(rows));
}

int main(int count, char **arguments) {
    if (count < 2 || wm_last_error()[0] != 0)
        return 2;
    bundles(arguments[1]);
    acting();
    texts_and_spaces();
    dreams();
    threads();
    simulators();
    printf("%d failures, %s\n", failures, wm_version());
    return failures > 0;
}
