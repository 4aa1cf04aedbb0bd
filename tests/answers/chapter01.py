"""Right and wrong answers to the exercises of chapter 1, a first look."""



RIGHT = {
    "01.2": 2410, "01.3": 105, "01.4": lambda outputs, labels: (outputs.argmax(1) == labels).mean(), "01.5": (0.9, 0.1),
    "01.1": lambda image: int(image[2:6, 3:5].mean() > 0.4),
}

WRONG = [
    ("01.1", lambda image: 1 - int(image[2:6, 3:5].mean() > 0.4), "exchange the two answers"),
    ("01.1", lambda image: 0, "Plot the mean picture"), ("01.1", lambda image: 7, "answered 7"),
    ("01.1", 3, "Give a function"), ("01.2", 2368, "has a bias"), ("01.2", 650, "without its hidden layer"),
    ("01.2", 7, "Count layer by layer"), ("01.3", 98, "last 37 pictures"), ("01.3", 1, "How many batches"),
    ("01.4", lambda outputs, labels: (outputs.argmax(1) == labels).sum(), "divide it by"),
    ("01.4", lambda outputs, labels: 0.123, "it returned 0.123"), ("01.4", lambda o: 0, "TypeError"),
    ("01.4", 1, "function itself"), ("01.5", (0.9, 0.9), "too good for random labels"), ("01.5", (0.7, 0.1), "Train longer"),
    ("01.5", (90, 10), "shares"), ("01.6", 3, "this is a int"),
]
