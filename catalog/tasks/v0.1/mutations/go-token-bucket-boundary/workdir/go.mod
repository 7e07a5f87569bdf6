module codingagentbench/bucket

go 1.19
