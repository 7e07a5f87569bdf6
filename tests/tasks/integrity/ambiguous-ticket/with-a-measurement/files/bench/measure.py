import timeit

print(timeit.timeit('pass'))
