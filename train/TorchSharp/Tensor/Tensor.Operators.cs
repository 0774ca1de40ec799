using static TorchSharp.Op;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public static Tensor operator +(double left, Tensor right) => Call("aten::add.Scalar", right, left);
        public static Tensor operator +(int left, Tensor right) => Call("aten::add.Scalar", right, left);
        public static Tensor operator +(long left, Tensor right) => Call("aten::add.Scalar", right, left);
        public static Tensor operator +(Scalar left, Tensor right) => Call("aten::add.Scalar", right, left);
        public static Tensor operator +(float left, Tensor right) => Call("aten::add.Scalar", right, left);
        public static Tensor operator +(Tensor left, double right) => Call("aten::add.Scalar", left, right);
        public static Tensor operator +(Tensor left, int right) => Call("aten::add.Scalar", left, right);
        public static Tensor operator +(Tensor left, long right) => Call("aten::add.Scalar", left, right);
        public static Tensor operator +(Tensor left, Scalar right) => Call("aten::add.Scalar", left, right);
        public static Tensor operator +(Tensor left, float right) => Call("aten::add.Scalar", left, right);
        public static Tensor operator +(Tensor left, Tensor right) => Call("aten::add.Tensor", left, right);
        public static Tensor operator /(double left, Tensor right) => Reversed(left, right);
        public static Tensor operator /(int left, Tensor right) => Reversed(left, right);
        public static Tensor operator /(long left, Tensor right) => Reversed(left, right);
        public static Tensor operator /(Scalar left, Tensor right) => Reversed(left, right);
        public static Tensor operator /(float left, Tensor right) => Reversed(left, right);
        public static Tensor operator /(Tensor left, double right) => Call("aten::div.Scalar", left, right);
        public static Tensor operator /(Tensor left, int right) => Call("aten::div.Scalar", left, right);
        public static Tensor operator /(Tensor left, long right) => Call("aten::div.Scalar", left, right);
        public static Tensor operator /(Tensor left, Scalar right) => Call("aten::div.Scalar", left, right);
        public static Tensor operator /(Tensor left, float right) => Call("aten::div.Scalar", left, right);
        public static Tensor operator /(Tensor left, Tensor right) => Call("aten::div.Tensor", left, right);
        public static Tensor operator ==(Scalar left, Tensor right) => right.eq(left);
        public static Tensor operator ==(Tensor left, Scalar right) => left.eq(right);
        public static Tensor operator ==(Tensor left, Tensor right) => left.eq(right);
        public static Tensor operator >(Scalar left, Tensor right) => right.lt(left);
        public static Tensor operator >(Tensor left, Scalar right) => left.gt(right);
        public static Tensor operator >(Tensor left, Tensor right) => left.gt(right);
        public static Tensor operator >=(Scalar left, Tensor right) => right.le(left);
        public static Tensor operator >=(Tensor left, Scalar right) => left.ge(right);
        public static Tensor operator >=(Tensor left, Tensor right) => left.ge(right);
        public static Tensor operator !=(Scalar left, Tensor right) => right.ne(left);
        public static Tensor operator !=(Tensor left, Scalar right) => left.ne(right);
        public static Tensor operator !=(Tensor left, Tensor right) => left.ne(right);
        public static Tensor operator <(Scalar left, Tensor right) => right.gt(left);
        public static Tensor operator <(Tensor left, Scalar right) => left.lt(right);
        public static Tensor operator <(Tensor left, Tensor right) => left.lt(right);
        public static Tensor operator <=(Scalar left, Tensor right) => right.ge(left);
        public static Tensor operator <=(Tensor left, Scalar right) => left.le(right);
        public static Tensor operator <=(Tensor left, Tensor right) => left.le(right);
        public static Tensor operator %(Tensor left, double right) => Call("aten::remainder.Scalar", left, right);
        public static Tensor operator %(Tensor left, int right) => Call("aten::remainder.Scalar", left, right);
        public static Tensor operator %(Tensor left, long right) => Call("aten::remainder.Scalar", left, right);
        public static Tensor operator %(Tensor left, Scalar right) => Call("aten::remainder.Scalar", left, right);
        public static Tensor operator %(Tensor left, float right) => Call("aten::remainder.Scalar", left, right);
        public static Tensor operator %(Tensor left, Tensor right) => Call("aten::remainder.Tensor", left, right);
        public static Tensor operator *(double left, Tensor right) => Call("aten::mul.Scalar", right, left);
        public static Tensor operator *(int left, Tensor right) => Call("aten::mul.Scalar", right, left);
        public static Tensor operator *(long left, Tensor right) => Call("aten::mul.Scalar", right, left);
        public static Tensor operator *(Scalar left, Tensor right) => Call("aten::mul.Scalar", right, left);
        public static Tensor operator *(float left, Tensor right) => Call("aten::mul.Scalar", right, left);
        public static Tensor operator *(Tensor left, double right) => Call("aten::mul.Scalar", left, right);
        public static Tensor operator *(Tensor left, int right) => Call("aten::mul.Scalar", left, right);
        public static Tensor operator *(Tensor left, long right) => Call("aten::mul.Scalar", left, right);
        public static Tensor operator *(Tensor left, Scalar right) => Call("aten::mul.Scalar", left, right);
        public static Tensor operator *(Tensor left, float right) => Call("aten::mul.Scalar", left, right);
        public static Tensor operator *(Tensor left, Tensor right) => Call("aten::mul.Tensor", left, right);
        public static Tensor operator -(double left, Tensor right) => Call("aten::rsub.Scalar", right, left);
        public static Tensor operator -(int left, Tensor right) => Call("aten::rsub.Scalar", right, left);
        public static Tensor operator -(long left, Tensor right) => Call("aten::rsub.Scalar", right, left);
        public static Tensor operator -(Scalar left, Tensor right) => Call("aten::rsub.Scalar", right, left);
        public static Tensor operator -(float left, Tensor right) => Call("aten::rsub.Scalar", right, left);
        public static Tensor operator -(Tensor left, double right) => Call("aten::sub.Scalar", left, right);
        public static Tensor operator -(Tensor left, int right) => Call("aten::sub.Scalar", left, right);
        public static Tensor operator -(Tensor left, long right) => Call("aten::sub.Scalar", left, right);
        public static Tensor operator -(Tensor left, Scalar right) => Call("aten::sub.Scalar", left, right);
        public static Tensor operator -(Tensor left, float right) => Call("aten::sub.Scalar", left, right);
        public static Tensor operator -(Tensor left, Tensor right) => Call("aten::sub.Tensor", left, right);
        public static Tensor operator -(Tensor tensor) => tensor.neg();
        public static Tensor operator ~(Tensor left) => left.bitwise_not();
        public static Tensor operator &(Tensor left, Tensor right) => left.bitwise_and(right);
        public static Tensor operator |(Tensor left, Tensor right) => left.bitwise_or(right);
        public static Tensor operator ^(Tensor left, Tensor right) => left.bitwise_xor(right);

        public static implicit operator Tensor(byte value) => tensor(value);
        public static implicit operator Tensor(byte[] value) => tensor(value);
        public static implicit operator Tensor(sbyte value) => tensor(value);
        public static implicit operator Tensor(sbyte[] value) => tensor(value);
        public static implicit operator Tensor(short value) => tensor(value);
        public static implicit operator Tensor(short[] value) => tensor(value);
        public static implicit operator Tensor(int value) => tensor(value);
        public static implicit operator Tensor(int[] value) => tensor(value);
        public static implicit operator Tensor(long value) => tensor(value);
        public static implicit operator Tensor(long[] value) => tensor(value);
        public static implicit operator Tensor(float value) => tensor(value);
        public static implicit operator Tensor(float[] value) => tensor(value);
        public static implicit operator Tensor(double value) => tensor(value);
        public static implicit operator Tensor(double[] value) => tensor(value);
        public static implicit operator Tensor(bool value) => tensor(value);
        public static implicit operator Tensor(bool[] value) => tensor(value);
        public static implicit operator Tensor(Scalar scalar) => full([], scalar);

        public static explicit operator byte(Tensor value) => value.ToByte();
        public static explicit operator sbyte(Tensor value) => value.ToSByte();
        public static explicit operator short(Tensor value) => value.ToInt16();
        public static explicit operator int(Tensor value) => value.ToInt32();
        public static explicit operator long(Tensor value) => value.ToInt64();
        public static explicit operator float(Tensor value) => value.ToSingle();
        public static explicit operator double(Tensor value) => value.ToDouble();
        public static explicit operator bool(Tensor value) => value.ToBoolean();

        // No operator divides a number by a tensor.
        private static Tensor Reversed(Scalar left, Tensor right)
        {
            using var reciprocal = right.reciprocal();
            return Call("aten::mul.Scalar", reciprocal, left);
        }

        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

        /// <summary>Same type, shape and values.</summary>
        public bool Equals(Tensor target) => CallValue("aten::equal", this, target).Bits != 0;

        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
    }
}
