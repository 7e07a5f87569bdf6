#include <cstdio>

#include "ring_buffer.hpp"

int main() {
    RingBuffer<int> buffer(2);
    buffer.push(1);
    buffer.push(2);
    buffer.push(3);
    const bool right = buffer.pop() == 2 && buffer.pop() == 3 && buffer.empty();
    std::printf("check keeps_the_newest %s\n", right ? "ok" : "FAILED");
    return right ? 0 : 1;
}
