/*
 * WorldModels for C: bundles that act, dream and plan, and the simulators that they were trained in.
 *
 * Every function that can fail returns a wm_status; where that is not WM_OK, wm_last_error() says what was wrong, what was
 * expected and what to do. Nothing here ends the process, except pointers into memory that is not the caller's.
 *
 * Arrays are row-major and are given with their number of elements, which has to be exactly what is expected. Their shapes stand in
 * parentheses: B rows that act side by side, T steps. Structures begin with their size, and whatever else is zero is the default:
 * wm_options options = {.struct_size = sizeof options}. Texts are UTF-8.
 *
 * Threads: a handle is for one thread at a time. A second one gets WM_BUSY and nothing happens. Different handles may be used at once,
 * those of one bundle too (wm_share). Closing while another thread is in a call takes effect when that call ends. Handles are numbers
 * that are never given twice: a closed one is refused with WM_NO_HANDLE for ever, and 0 is no handle.
 *
 * Once loaded, the library stays until the process ends (no dlclose), and a child of fork() must not use what its parent used.
 */
#ifndef WORLDMODELS_H
#define WORLDMODELS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A bundle that was loaded; a simulator; a batch of simulators in lock step. */
typedef int64_t wm_model;
typedef int64_t wm_env;
typedef int64_t wm_vector;

typedef enum wm_status {
    WM_OK = 0,
    WM_BAD_ARGUMENT = 1, /* a null pointer, another number of elements, a row or an environment that there is not */
    WM_NO_HANDLE = 2,    /* closed, never given, or of another kind */
    WM_BUSY = 3,         /* another thread is using the handle */
    WM_BAD_BUNDLE = 4,   /* missing, damaged, or without what was asked of it: a graph, a form, a provider, a task */
    WM_BAD_OUTPUT = 5,   /* a policy gave NaN or infinity: its row keeps its state, the other rows went on */
    WM_BAD_STATE = 6,    /* out of order, such as a step after an episode's end */
    WM_NO_LIBRARY = 7,   /* ONNX Runtime or MuJoCo is not there */
    WM_NO_MEMORY = 8,
    WM_INTERNAL = 9      /* a mistake in this library: please report its text */
} wm_status;

/* What went wrong in this thread's last call that failed; "" before the first. Valid until this thread's next call that fails. */
const char *wm_last_error(void);

/* Versions of this library and of ONNX Runtime; valid for ever. NULL: ONNX Runtime is not there, and wm_last_error says why. */
const char *wm_version(void);

/* The set that an observation or an action of one row is from. */
typedef enum wm_kind {
    WM_DISCRETE = 0, /* the integers 0 to count - 1 */
    WM_BOX = 1       /* reals from low to high */
} wm_kind;

enum { WM_MOST_AXES = 8 };

typedef struct wm_space {
    uint32_t struct_size;
    int32_t kind;                /* wm_kind */
    int32_t count;               /* discrete: how many there are; box: 0 */
    int32_t elements;            /* numbers of one row: 1 if discrete, the product of the shape if a box */
    int32_t axes;                /* of a box */
    int32_t shape[WM_MOST_AXES]; /* of a box, such as 3, 64, 64 */
    float low, high;             /* of a box: of all elements, the lowest and highest where they differ; infinite where there is none */
} wm_space;

/* Bundles ---------------------------------------------------------------------------------------------------------------------------- */

typedef struct wm_options {
    uint32_t struct_size;
    int32_t rows;               /* B, rows that wm_act and wm_plan act for; 0: 1 */
    int32_t deterministic;      /* 1: the mode of the policy instead of a draw */
    int32_t threads;            /* inside one operation; 0: 1, which wins for small models */
    uint64_t seed;              /* determines draws, with the row and the number of calls */
    const char *provider;       /* cpu, cuda, ...; NULL: the best that works */
    const char *variant;        /* a form of the graphs, such as int8; NULL: the fastest float32 one */
    int32_t planner_horizon;    /* steps planned ahead; 0, here and below: as the bundle says */
    int32_t planner_candidates; /* plans tried in an iteration */
    int32_t planner_elites;     /* the best of those, which are fitted */
    int32_t planner_iterations; /* of a decision */
    int32_t planner_threads;    /* cores that share the candidates; 0: the fastest number, found by trying at the first wm_plan */
    int32_t skip_hashes;        /* 1: the files' SHA-256 are not compared at load */
} wm_options;

/* Loads a bundle, a directory with a manifest.json. options may be NULL. */
wm_status wm_load(const char *directory, const wm_options *options, wm_model *model);

/* Another handle on the weights of one, with rows, states and seed of its own, such as for another thread. The options' threads,
 * provider, variant and skip_hashes have to be left zero. Needs a bundle with a world model. */
wm_status wm_share(wm_model model, const wm_options *options, wm_model *other);

/* Closes a handle; weights go with the last one. 0 is taken, and nothing done. */
wm_status wm_close(wm_model model);

typedef struct wm_info {
    uint32_t struct_size;
    int32_t rows;            /* B */
    int32_t action_repeat;   /* steps of the environment that an action lasts, whose rewards are summed */
    int32_t can_act;         /* wm_act or wm_act_discrete */
    int32_t can_dream;       /* wm_dream */
    int32_t can_plan;        /* wm_plan */
    int32_t says_novelty;    /* wm_novelty */
    float novelty_threshold; /* what familiar play exceeds in one step of a hundred; NaN: not measured */
} wm_info;

wm_status wm_get_info(wm_model model, wm_info *info);
wm_status wm_observation_space(wm_model model, wm_space *space);
wm_status wm_action_space(wm_model model, wm_space *space);

/* Bounds of each element of a continuous action. */
wm_status wm_action_bounds(wm_model model, float *lows, float *highs, size_t count);

typedef enum wm_text_kind {
    WM_NAME = 0,
    WM_ALGORITHM = 1,
    WM_ENVIRONMENT = 2, /* a name that wm_env_make takes, where it is one of ours */
    WM_PROVIDER = 3,    /* which execution provider runs it, and why */
    WM_MANIFEST = 4     /* manifest.json: names of observations and actions, tasks, graphs, training */
} wm_text_kind;

/* Writes a text with its terminating zero into capacity bytes. length, which may be NULL, takes its bytes without the zero; text may be
 * NULL to ask for that alone. */
wm_status wm_text(wm_model model, wm_text_kind kind, char *text, size_t capacity, size_t *length);

/* Chooses actions by the bundle's policy, and carries the states of the rows: (B, observation) to (B, action), or (B) indices. */
wm_status wm_act(wm_model model, const float *observations, size_t observation_count, float *actions, size_t action_count);
wm_status wm_act_discrete(wm_model model, const float *observations, size_t observation_count, int64_t *actions, size_t action_count);

/* Chooses continuous actions by planning in the world model (cross-entropy method); no policy is needed. Where all plans of a row are
 * without a return, as after NaN in its observation, that is WM_BAD_BUNDLE with a text that says so, and no row has taken part. */
wm_status wm_plan(wm_model model, const float *observations, size_t observation_count, float *actions, size_t action_count);

/* A new episode begins in some rows, of wm_act and of wm_plan; rows NULL: in all. */
wm_status wm_reset(wm_model model, const int32_t *rows, size_t row_count);

/* A row acts for one of the bundle's tasks from its next step on; row -1: all rows. */
wm_status wm_set_task(wm_model model, int32_t row, const char *task);

/* Of the last wm_act: state values (B), and how far each step was from what was learnt (B). */
wm_status wm_values(wm_model model, float *values, size_t count);
wm_status wm_novelty(wm_model model, float *novelty, size_t count);

typedef struct wm_floats { float *data; size_t count; } wm_floats;
typedef struct wm_longs { int64_t *data; size_t count; } wm_longs;

/* A dream: T steps of B rows in the world model, with the bundle's policy (random actions if it has none), or along given actions.
 * Starts and actions are taken as they are: NaN in them is NaN in what is written. */
typedef struct wm_dream_request {
    uint32_t struct_size;
    int32_t batch;                   /* B */
    int32_t horizon;                 /* T */
    int32_t threads;                 /* cores; 0: the fastest number, found by trying at the first dream of 64 rows and more */
    uint64_t seed;                   /* determines starts and draws, with the row */
    int32_t go_on;                   /* 1: from where this handle's last dream ended, which was of the same batch, horizon and threads
                                        and gave or left out the same values and observations; under a seed of its own */
    /* Read. Data NULL: not given. */
    wm_floats start;                 /* (B, observation); otherwise starts that travel in the bundle */
    wm_floats given_actions;         /* (T, B, action) */
    wm_longs given_discrete_actions; /* (T, B) */
    /* Written. Data NULL: not wanted. */
    wm_floats rewards;               /* (T, B) */
    wm_floats continues;             /* (T, B), probabilities that the episode goes on */
    wm_floats values;                /* (T + 1, B) */
    wm_floats observations;          /* (T + 1, B, observation) */
    wm_floats actions;               /* (T, B, action) */
    wm_longs discrete_actions;       /* (T, B) */
} wm_dream_request;

/* The last dream's memory is kept for the next one of its size. */
wm_status wm_dream(wm_model model, const wm_dream_request *request);

/* Simulators ------------------------------------------------------------------------------------------------------------------------- */

/* Names of the simulators, from 0 to wm_env_count() - 1 (NULL beyond); valid for ever. wm_env_make takes Gymnasium's ids and the control
 * suite's names as well: CartPole-v1, dm_control/cartpole-swingup-v0. */
int32_t wm_env_count(void);
const char *wm_env_name(int32_t index);

/* An action lasts action_repeat steps, whose rewards are summed (wm_info says how many a bundle wants); 0: 1. */
wm_status wm_env_make(const char *name, int32_t action_repeat, wm_env *env);
wm_status wm_env_close(wm_env env);
wm_status wm_env_observation_space(wm_env env, wm_space *space);
wm_status wm_env_action_space(wm_env env, wm_space *space);

typedef struct wm_env_info {
    uint32_t struct_size;
    double aspect;    /* width over height in which its picture is undistorted; 0: it has none */
    double time_step; /* seconds that an action lasts; 0 where steps are not time */
} wm_env_info;

wm_status wm_env_get_info(wm_env env, wm_env_info *info);

/* Starts an episode. The seed restarts the stream of random numbers; NULL goes on with it. */
wm_status wm_env_reset(wm_env env, const uint64_t *seed, float *observation, size_t observation_count);

typedef struct wm_step {
    double reward;
    int32_t terminated; /* the task ended */
    int32_t truncated;  /* a time limit cut the episode */
} wm_step;

/* Advances by one action, until terminated or truncated. */
wm_status wm_env_step(
    wm_env env, const float *action, size_t action_count, float *observation, size_t observation_count, wm_step *step);
wm_status wm_env_step_discrete(wm_env env, int64_t action, float *observation, size_t observation_count, wm_step *step);

/* The picture of its state: (height, width, 3), red, green, blue, upper row first; count is height * width * 3. */
wm_status wm_env_render(wm_env env, int32_t width, int32_t height, uint8_t *rgb, size_t count);

/* Simulators in lock step. A row whose episode ends starts the next one in the same step: its observation is already the new one's
 * first, and the old one's last is wm_vector_final_observation. Up to a million rows. */
wm_status wm_vector_make(const char *name, int32_t rows, int32_t action_repeat, wm_vector *vector);
wm_status wm_vector_close(wm_vector vector);
wm_status wm_vector_observation_space(wm_vector vector, wm_space *space); /* of one row */
wm_status wm_vector_action_space(wm_vector vector, wm_space *space);      /* of one row */
wm_status wm_vector_reset(wm_vector vector, uint64_t seed, float *observations, size_t observation_count);

/* What a step of B rows gives. */
typedef struct wm_arrivals {
    float *observations;      /* (B, observation) */
    size_t observation_count;
    float *rewards;           /* (B) */
    uint8_t *terminated;      /* (B), 0 or 1 */
    uint8_t *truncated;       /* (B), 0 or 1 */
    size_t rows;              /* B */
} wm_arrivals;

wm_status wm_vector_step(wm_vector vector, const float *actions, size_t action_count, const wm_arrivals *arrivals);
wm_status wm_vector_step_discrete(wm_vector vector, const int64_t *actions, size_t action_count, const wm_arrivals *arrivals);
wm_status wm_vector_final_observation(wm_vector vector, int32_t row, float *observation, size_t observation_count);

#ifdef __cplusplus
}
#endif

#endif
