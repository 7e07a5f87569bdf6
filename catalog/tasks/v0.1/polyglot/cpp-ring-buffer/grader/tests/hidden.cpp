#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>

#include "ring_buffer.hpp"

static int failures = 0;

static void check(const char* name, const std::function<bool()>& body) {
    bool right = false;
    try {
        right = body();
    } catch (...) {
        right = false;
    }
    std::printf("check %s %s\n", name, right ? "ok" : "FAILED");
    std::fflush(stdout);
    failures += right ? 0 : 1;
}

int main() {
    check("first_in_first_out", [] {
        RingBuffer<std::string> b(3);
        b.push("a");
        b.push("b");
        return b.size() == 2 && b.pop() == "a" && b.pop() == "b" && b.empty();
    });
    check("drops_the_oldest_when_full", [] {
        RingBuffer<int> b(3);
        for (int i = 1; i <= 5; ++i) b.push(i);
        return b.size() == 3 && b.pop() == 3 && b.pop() == 4 && b.pop() == 5 && b.empty();
    });
    check("wraps_around", [] {
        RingBuffer<int> b(4);
        for (int i = 0; i < 50; ++i) {
            b.push(i);
            b.push(i + 100);
            if (b.pop() != i || b.pop() != i + 100) return false;
        }
        return b.empty();
    });
    check("pop_of_empty_throws", [] {
        RingBuffer<int> b(2);
        b.push(1);
        b.pop();
        try {
            b.pop();
        } catch (const std::out_of_range&) {
            return b.empty();
        }
        return false;
    });
    check("clear_empties", [] {
        RingBuffer<int> b(2);
        b.push(1);
        b.push(2);
        b.push(3);
        b.clear();
        b.push(9);
        return b.size() == 1 && b.pop() == 9;
    });
    check("end_CAB_NONCE", [] { return true; });
    return failures == 0 ? 0 : 1;
}
