// The reference voice by hand: what a careful C++ programmer gets out of this processor.
//
// Two detuned saws with rounded jumps (two-point polyBLEP), a state-variable low-pass whose cutoff an envelope and an LFO
// move, an amplitude envelope, pan. Everything is fused into one loop; coefficients are made every 16 frames and move
// in straight lines between; 8 voices lie side by side in one register; the state of 8 voices is one block of memory.
//
// `synthhost bench` compiles it with the user's g++ and measures it beside the engine:
//
//     g++ -O3 -march=native -ffast-math -fPIC -shared -nostartfiles -std=c++17 -o reference_voice.so reference_voice.cpp
//
// V. Välimäki and A. Huovilainen, "Antialiasing oscillators in subtractive synthesis", IEEE Signal Processing Magazine
// 24(2), 2007. A. Simper, "Solving the continuous SVF equations using trapezoidal integration and equivalent currents",
// Cytomic, 2013.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#ifndef LANES
#define LANES 8
#endif

namespace {

constexpr int CONTROL = 16;          // frames from one set of coefficients to the next
constexpr int LARGEST_BLOCK = 4096;  // frames
constexpr float ENVELOPE_OCTAVES = 4.0f, LFO_OCTAVES = 0.3f, CUTOFF_HZ = 400.0f, Q = 2.0f;

typedef float Floats __attribute__((vector_size(4 * LANES)));
typedef int32_t Ints __attribute__((vector_size(4 * LANES)));
typedef uint32_t Words __attribute__((vector_size(4 * LANES)));

inline Floats floats(Ints x) { return __builtin_convertvector(x, Floats); }
inline Ints ints(Floats x) { return __builtin_convertvector(x, Ints); }
inline Floats least(Floats a, Floats b) { return a < b ? a : b; }
inline Floats greatest(Floats a, Floats b) { return a > b ? a : b; }
inline Floats as_floats(Ints x) { return reinterpret_cast<Floats>(x); }
inline Ints as_ints(Floats x) { return reinterpret_cast<Ints>(x); }
inline Floats magnitude(Floats x) { return as_floats(as_ints(x) & 0x7fffffff); }
inline Floats splat(float x) { return Floats{} + x; }

// 2 to the power of x, -100 < x < 100: Taylor's series round the nearest whole number.
inline Floats exp2v(Floats x) {
    const Ints whole = ints(x + 128.5f) - 128;
    const Floats f = x - floats(whole);
    const Floats part = 1.0f + f * (0.69314718f + f * (0.24022651f + f * (0.05550411f + f * (0.00961813f + f * 0.00133336f))));
    return part * as_floats((whole + 127) << 23);
}

// Sine of a phase, 2**32 = one cycle: a polynomial in u = |x| (1 - |x|), which is even round the top of the wave.
inline Floats sine(Words phase) {
    const Floats a = magnitude(floats(reinterpret_cast<Ints>(phase)) * 0x1p-31f);
    const Floats u = a - a * a;
    const Floats half = u * (3.1415908f + u * (3.1417271f + u * (1.1132646f + u * 0.2174655f)));
    return as_floats(as_ints(half) | (reinterpret_cast<Ints>(phase) & INT32_MIN));
}

// One frame of a saw of 2**31 height: only the two frames round the jump differ from the phase itself.
inline Floats saw(Words phase, Floats inverse, Floats edge) {
    const Floats x = floats(reinterpret_cast<Ints>(phase));
    const Floats beyond = x - least(greatest(x, -edge), edge);
    return x - beyond * inverse * magnitude(beyond);
}

struct Envelope {
    Floats level, attack, decay, sustain, attacking;
};

inline Floats advance(Envelope &e) {
    const Floats rising = e.level + e.attack;
    const Floats falling = e.level - e.decay;
    const Ints up = e.attacking > 0.0f;
    const Floats next = up ? least(rising, splat(1.0f)) : greatest(falling, e.sustain);
    e.attacking = (next >= 1.0f) ? splat(0.0f) : e.attacking;
    return e.level = next;
}

struct Group {  // LANES voices
    Words phase1, phase2, step1, step2, lfo, lfo_step;
    Floats inverse1, inverse2, edge1, edge2, left, right;
    Floats ic1, ic2, a1, a2, g;
    Envelope filter, amp;
};

struct Reference {
    int groups;
    float rate_hz;
    Group *group;
    alignas(64) Floats sum[2 * LARGEST_BLOCK];
};

struct Coefficients {
    Floats a1, a2, g;
};

// Of the filter, doubled as the loop wants them; the tangent by a continued fraction, with one division in all.
inline Coefficients coefficients(Floats octaves) {
    const Floats y = least(exp2v(octaves), splat(1.45f)), y2 = y * y;
    const Floats above = y * (945.0f + y2 * (y2 - 105.0f));
    const Floats below = 945.0f + y2 * (15.0f * y2 - 420.0f);
    const Floats all = below * below + above * (above + (1.0f / Q) * below);
    const Floats quotient = 1.0f / (all * below), inverse = quotient * below;
    return {below * below * inverse * 2.0f, above * below * inverse * 2.0f, above * (quotient * all)};
}

void render_group(Group &state, Floats *sum, int frames, float base_octaves) {
    Group s = state;
    for (int begin = 0; begin < frames; begin += CONTROL) {
        const Floats cutoff = advance(s.filter) * ENVELOPE_OCTAVES;
        Floats amp = s.amp.level;
        const Floats amp_change = (advance(s.amp) - amp) * (1.0f / CONTROL);
        s.lfo += s.lfo_step * CONTROL;
        const Coefficients end = coefficients(cutoff + sine(s.lfo) * LFO_OCTAVES + base_octaves);
        const Floats a1_change = (end.a1 - s.a1) * (1.0f / CONTROL);
        const Floats a2_change = (end.a2 - s.a2) * (1.0f / CONTROL);
        const Floats g_change = (end.g - s.g) * (1.0f / CONTROL);
        for (int n = begin; n < begin + CONTROL; n++) {
            const Floats x = saw(s.phase1, s.inverse1, s.edge1) + saw(s.phase2, s.inverse2, s.edge2);
            s.phase1 += s.step1;
            s.phase2 += s.step2;
            s.a1 += a1_change;
            s.a2 += a2_change;
            s.g += g_change;
            amp += amp_change;
            const Floats u = s.a1 * s.ic1 + s.a2 * (x - s.ic2);
            const Floats before = s.ic2;
            s.ic1 = u - s.ic1;
            s.ic2 += s.g * u;
            const Floats sound = (before + s.ic2) * amp;
            sum[2 * n] += sound * s.left;
            sum[2 * n + 1] += sound * s.right;
        }
    }
    state = s;
}

Envelope envelope(float rate_hz, float attack_s, float decay_s, float sustain) {
    const float tick = CONTROL / rate_hz;
    return {splat(0.0f), splat(tick / attack_s), splat((1.0f - sustain) * tick / decay_s), splat(sustain), splat(1.0f)};
}

// Voice number `i` in its lane: a key of its own, its own LFO speed and place between left and right.
void set_voice(Reference &reference, int i, int voices) {
    Group &g = reference.group[i / LANES];
    const int lane = i % LANES;
    const double hz = 440.0 * std::exp2((36 + (i * 5) % 49 - 69) / 12.0), rate = reference.rate_hz;
    const double step1 = std::round(hz / rate * 0x1p32), step2 = std::round(hz * 1.00405144 / rate * 0x1p32);
    const double gain = i < voices ? 0.05 * 0x1p-33 : 0.0, pan = i % 16 / 15.0;
    g.step1[lane] = uint32_t(step1);
    g.step2[lane] = uint32_t(step2);
    g.inverse1[lane] = float(0x1p31 / (step1 * step1));
    g.inverse2[lane] = float(0x1p31 / (step2 * step2));
    g.edge1[lane] = float(0x1p31 - step1);
    g.edge2[lane] = float(0x1p31 - step2);
    g.lfo_step[lane] = uint32_t((3 + 0.01 * i) / rate * 0x1p32);
    g.left[lane] = float(std::sqrt(1 - pan) * gain);
    g.right[lane] = float(std::sqrt(pan) * gain);
}

}  // namespace

extern "C" {

// `voices` voices whose keys were struck just now.
void *reference_create(int voices, float rate_hz) {
    void *memory = std::aligned_alloc(64, (sizeof(Reference) + 63) / 64 * 64);
    Reference *reference = new (memory) Reference();
    reference->groups = (voices + LANES - 1) / LANES;
    reference->rate_hz = rate_hz;
    const size_t bytes = (reference->groups * sizeof(Group) + 63) / 64 * 64;
    reference->group = static_cast<Group *>(std::aligned_alloc(64, bytes));
    std::memset(static_cast<void *>(reference->group), 0, bytes);
    for (int i = 0; i < reference->groups * LANES; i++) set_voice(*reference, i, voices);
    for (int i = 0; i < reference->groups; i++) {
        Group &group = reference->group[i];
        group.filter = envelope(rate_hz, 0.01f, 2.0f, 0.4f);
        group.amp = envelope(rate_hz, 0.005f, 1.0f, 0.8f);
        const Coefficients c = coefficients(splat(std::log2(float(M_PI) * CUTOFF_HZ / rate_hz)));
        group.a1 = c.a1, group.a2 = c.a2, group.g = c.g;
    }
    return reference;
}

// Render interleaved stereo; `frames` is a multiple of 16, at most 4,096.
void reference_render(void *memory, float *output, int frames) {
    Reference &reference = *static_cast<Reference *>(memory);
#if defined(__SSE__)
    const unsigned mode = _mm_getcsr();
    _mm_setcsr(mode | 0x8040);  // denormals are zero, as in the engine
#endif
    std::memset(static_cast<void *>(reference.sum), 0, sizeof(Floats) * 2 * frames);
    const float base_octaves = std::log2(float(M_PI) * CUTOFF_HZ / reference.rate_hz);
    for (int i = 0; i < reference.groups; i++) render_group(reference.group[i], reference.sum, frames, base_octaves);
    for (int n = 0; n < 2 * frames; n++) {
        float total = 0.0f;
        for (int lane = 0; lane < LANES; lane++) total += reference.sum[n][lane];
        output[n] = total;
    }
#if defined(__SSE__)
    _mm_setcsr(mode);
#endif
}

void reference_destroy(void *memory) {
    std::free(static_cast<Reference *>(memory)->group);
    std::free(memory);
}
}
