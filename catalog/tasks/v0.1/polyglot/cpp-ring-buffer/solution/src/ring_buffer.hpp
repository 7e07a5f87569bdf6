#pragma once

#include <cstddef>
#include <stdexcept>
#include <vector>

template <typename T>
class RingBuffer {
public:
    explicit RingBuffer(std::size_t capacity) : values_(capacity) {
        if (capacity == 0) {
            throw std::invalid_argument("capacity must not be 0");
        }
    }

    void push(const T& value) {
        values_[(begin_ + size_) % values_.size()] = value;
        if (size_ < values_.size()) {
            ++size_;
        } else {
            begin_ = (begin_ + 1) % values_.size();
        }
    }

    T pop() {
        if (size_ == 0) {
            throw std::out_of_range("pop of an empty RingBuffer");
        }
        T value = values_[begin_];
        begin_ = (begin_ + 1) % values_.size();
        --size_;
        return value;
    }

    void clear() {
        begin_ = 0;
        size_ = 0;
    }

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

private:
    std::vector<T> values_;
    std::size_t begin_ = 0;
    std::size_t size_ = 0;
};
